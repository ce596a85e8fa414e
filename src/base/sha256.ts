import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal: equal exactly for equal content. */
export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
