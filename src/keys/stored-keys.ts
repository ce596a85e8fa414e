/**
 * The stored keys as bytes, and the port through which they are changed. `key-store.ts` implements it on the
 * disk.
 */
import { decodeText, NoText } from '../base/given-text.ts';
import { KeyFile, type StoredKey } from './key-format.ts';

export interface KeyStore {
  /** The bytes last written; undefined when nothing was. */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Reads the bytes, calls `change`, writes its `write` (undefined: nothing) and resolves with its answer
   * once that is durable. No other process can change the keys meanwhile.
   */
  update<T>(change: (bytes: Uint8Array | undefined) => Promise<KeysUpdate<T>>): Promise<T>;
}
export interface KeysUpdate<T> {
  readonly write?: Uint8Array;
  readonly answer: T;
}

/** Empty when nothing is stored; undefined when the stored bytes are not a key file. */
export const parseKeys = (bytes: Uint8Array | undefined): readonly StoredKey[] | undefined => {
  if (bytes === undefined) return [];
  try {
    const file = KeyFile.safeParse(JSON.parse(decodeText(bytes)));
    return file.success ? file.data.keys : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NoText) return undefined;
    throw error;
  }
};
export const printKeys = (keys: readonly StoredKey[]): Uint8Array =>
  Buffer.from(`${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`);

export const unreadableMessage =
  'The stored keys cannot be read as keys, and were not changed: restore a backup, or move the file away.';

export type KeyStatus = 'active' | 'expired' | 'revoked';
/** `now` in epoch milliseconds. */
export const statusOf = ({ revokedAt, expiresAt, expiredAt }: StoredKey, now: number): KeyStatus => {
  if (revokedAt !== undefined) return 'revoked';
  const isExpired = expiresAt !== undefined && Date.parse(expiresAt) <= now;
  return isExpired || expiredAt !== undefined ? 'expired' : 'active';
};
/** Notes the time in the keys that have expired and have no note yet. */
export const noteExpired = (keys: readonly StoredKey[], now: number): readonly StoredKey[] =>
  keys.map((key) =>
    key.expiredAt === undefined && statusOf(key, now) === 'expired'
      ? { ...key, expiredAt: new Date(now).toISOString() }
      : key,
  );
