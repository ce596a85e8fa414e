/** Random ids of 96 bits: unique without a counter, and they reveal nothing. */
import { randomBytes } from 'node:crypto';

/** `r` a request · `c` a connection · `sub` a subscription · `evt` an event · `pair` a pairing. */
type IdKind = 'r' | 'c' | 'sub' | 'evt' | 'pair';
export const randomId = (kind: IdKind): string => `${kind}_${randomBytes(12).toString('base64url')}`;

/** Identifies this process run; a different epoch tells a client that the server restarted. */
export const randomEpoch = (): string => randomBytes(6).toString('hex');
