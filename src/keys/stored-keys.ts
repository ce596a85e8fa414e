/** The stored keys as bytes, and the one way to change them. The port is plugged in by `src/keys/key-store.ts`. */
import { KeyFile, type StoredKey } from './key-format.ts';

export interface KeyStore {
  /** The bytes last written; undefined when nothing was. */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Reads, asks what is to be written instead (undefined: nothing), and resolves with the answer once that is durable. No other
   * process can change them meanwhile.
   */
  update<T>(change: (bytes: Uint8Array | undefined) => Promise<Update<T>>): Promise<T>;
}
export interface Update<T> {
  readonly write?: Uint8Array;
  readonly answer: T;
}

/** Empty when nothing is stored; undefined when what is stored is not a key file. */
export const parseKeys = (bytes: Uint8Array | undefined): readonly StoredKey[] | undefined => {
  if (bytes === undefined) return [];
  try {
    const file = KeyFile.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return file.success ? file.data.keys : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
export const printKeys = (keys: readonly StoredKey[]): Uint8Array => Buffer.from(`${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`);

export const unreadableMessage =
  'The stored keys cannot be read as keys, and are left as they are: put a backup in place, or move the file away.';

export type KeyStatus = 'active' | 'expired' | 'revoked';
/** `now` in epoch milliseconds. */
export const statusOf = ({ revokedAt, expiresAt }: StoredKey, now: number): KeyStatus => {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && Date.parse(expiresAt) <= now ? 'expired' : 'active';
};
