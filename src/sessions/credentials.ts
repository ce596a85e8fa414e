import { createHash } from 'node:crypto';
import type { Account } from '../../machines/domain/ports.ts';

/**
 * What the bytes of a `creds.json` are worth.
 *
 * `restorable`: a linked device that can log in. `unpaired`: valid keys that no phone has confirmed. `half`
 * then means that an account is already named, because a pairing code was requested: a login would be
 * attempted, and WhatsApp would refuse it. `corrupt`: everything else. The field `registered` means nothing
 * and is not read: WHATSAPP-FACTS.md#restorable.
 */
export interface Classified {
  readonly stored: 'restorable' | 'unpaired' | 'corrupt';
  /** Hex SHA-256 of the public identity; '' unless restorable. It cannot be used to log in. */
  readonly fingerprint: string;
  readonly account?: Account;
  readonly half?: true;
}

const corrupt: Classified = { stored: 'corrupt', fingerprint: '' };

/** All fields that are read, on every level. */
type Name =
  | 'type'
  | 'data'
  | 'private'
  | 'public'
  | 'keyPair'
  | 'id'
  | 'name'
  | 'details'
  | 'accountSignatureKey';
type CredsName =
  | 'noiseKey'
  | 'signedIdentityKey'
  | 'signedPreKey'
  | 'registrationId'
  | 'advSecretKey'
  | 'me'
  | 'account';
type Fields = { readonly [key in Name | CredsName]?: unknown };
const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const bytesOfList = (list: readonly unknown[]): Buffer | undefined =>
  list.length > 0 && list.every((byte) => typeof byte === 'number')
    ? Buffer.from(list as number[])
    : undefined;

/**
 * Bytes have three forms in these files: `{type:'Buffer',data}` with base64 or a list, and `{"0":1,"1":2}`.
 */
const bytesOf = (value: unknown): Buffer | undefined => {
  const fields = fieldsOf(value);
  if (!fields) return undefined;
  if (fields.type === 'Buffer') {
    const { data } = fields;
    if (Array.isArray(data)) return bytesOfList(data);
    const decoded = typeof data === 'string' ? Buffer.from(data, 'base64') : undefined;
    return decoded && decoded.length > 0 ? decoded : undefined;
  }
  return Object.keys(fields).every((key) => /^\d+$/u.test(key))
    ? bytesOfList(Object.values(fields))
    : undefined;
};

/**
 * The account is a protobuf message, which writes its bytes as a plain base64 string (its `toJSON` runs
 * before any replacer).
 */
const isThere = (value: unknown): boolean =>
  typeof value === 'string' ? value !== '' : bytesOf(value) !== undefined;

/** The public half, if both halves are present. */
const publicKeyOf = (value: unknown): Buffer | undefined => {
  const pair = fieldsOf(value);
  return pair && bytesOf(pair.private) ? bytesOf(pair.public) : undefined;
};

/**
 * `<user>:<device>`, without the agent (`_1` or `.1` after the user) and the server, which differ between
 * versions.
 */
const deviceOf = (id: string): string | undefined => {
  const parts = /^([^:@]+):(\d+)@[^@]+$/u.exec(id);
  const [user, device] = [parts?.[1], parts?.[2]];
  return user !== undefined && device !== undefined
    ? `${user.replace(/[._]\d+$/u, '')}:${device}`
    : undefined;
};

const parse = (bytes: Buffer): Fields | undefined => {
  try {
    return fieldsOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined; // not JSON, so it is corrupt
  }
};

const nameOf = (me: Fields | undefined): string | null => {
  const name = me?.name;
  return typeof name === 'string' && name !== '' && name !== '~' ? name : null; // '~' means "not known yet"
};

/** Pure. Never throws: any bytes belong to one of the three. */
export const classify = (bytes: Buffer): Classified => {
  const creds = parse(bytes);
  if (!creds) return corrupt;
  const noise = publicKeyOf(creds.noiseKey);
  const identity = publicKeyOf(creds.signedIdentityKey);
  const { registrationId, advSecretKey } = creds;
  if (!noise || !identity || !publicKeyOf(fieldsOf(creds.signedPreKey)?.keyPair)) return corrupt;
  if (typeof registrationId !== 'number' || typeof advSecretKey !== 'string' || advSecretKey === '')
    return corrupt;

  const me = fieldsOf(creds.me);
  const id = me?.id;
  if (typeof id !== 'string' || id === '') return { stored: 'unpaired', fingerprint: '' };
  const device = deviceOf(id);
  const account = fieldsOf(creds.account);
  if (device === undefined || !isThere(account?.details) || !isThere(account?.accountSignatureKey)) {
    return { stored: 'unpaired', fingerprint: '', half: true };
  }
  const fingerprint = createHash('sha256')
    .update([noise.toString('hex'), identity.toString('hex'), String(registrationId), device].join('\n'))
    .digest('hex');
  return { stored: 'restorable', fingerprint, account: { id, name: nameOf(me) } };
};
