/** Random names, 96 bits each: unique without a counter, and they tell nothing. */
import { randomBytes } from 'node:crypto';

/** `r` a request · `c` a connection · `sub` a subscription · `evt` an event · `pair` a pairing. */
export const randomId = (kind: 'r' | 'c' | 'sub' | 'evt' | 'pair'): string => `${kind}_${randomBytes(12).toString('base64url')}`;

/** Of a process; a client that comes back with another epoch has missed a restart. */
export const randomEpoch = (): string => randomBytes(6).toString('hex');
