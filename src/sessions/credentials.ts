import { createHash } from 'node:crypto';
import type { Account } from '../../machines/domain/ports.ts';

/**
 * What the bytes of a `creds.json` are worth. `restorable`: a linked device that can log in. `unpaired`: sound keys, but no
 * phone has confirmed them; then `half` says that an account was already named (a pairing code was asked for), which a login
 * would try and WhatsApp refuse. `corrupt`: everything else. `registered` means nothing and is not
 * examined: WHATSAPP-FACTS.md#restorable.
 */
export interface Classified {
  readonly stored: 'restorable' | 'unpaired' | 'corrupt';
  /** Hex SHA-256 of the public identity; '' unless restorable. Nobody can log in with it. */
  readonly fingerprint: string;
  readonly account?: Account;
  readonly half?: true;
}

const corrupt: Classified = { stored: 'corrupt', fingerprint: '' };

/** All the fields that are looked at, on whatever level. */
type Name = 'type' | 'data' | 'private' | 'public' | 'keyPair' | 'id' | 'name' | 'details' | 'accountSignatureKey';
type CredsName = 'noiseKey' | 'signedIdentityKey' | 'signedPreKey' | 'registrationId' | 'advSecretKey' | 'me' | 'account';
type Fields = { readonly [key in Name | CredsName]?: unknown };
const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const bytesOfList = (list: readonly unknown[]): Buffer | undefined =>
  list.length > 0 && list.every((byte) => typeof byte === 'number') ? Buffer.from(list as number[]) : undefined;

/** The ways in which bytes are found in these files: `{type:'Buffer',data}` in base64 or as a list, and `{"0":1,"1":2}`. */
const bytesOf = (value: unknown): Buffer | undefined => {
  const fields = fieldsOf(value);
  if (!fields) return undefined;
  if (fields.type === 'Buffer') {
    const { data } = fields;
    if (Array.isArray(data)) return bytesOfList(data);
    const decoded = typeof data === 'string' ? Buffer.from(data, 'base64') : undefined;
    return decoded && decoded.length > 0 ? decoded : undefined;
  }
  return Object.keys(fields).every((key) => /^\d+$/u.test(key)) ? bytesOfList(Object.values(fields)) : undefined;
};

/** The account is a protobuf message, which writes its own bytes as a bare base64 string (its `toJSON` comes before any replacer). */
const isThere = (value: unknown): boolean => (typeof value === 'string' ? value !== '' : bytesOf(value) !== undefined);

/** The public half, if both are there. */
const publicKeyOf = (value: unknown): Buffer | undefined => {
  const pair = fieldsOf(value);
  return pair && bytesOf(pair.private) ? bytesOf(pair.public) : undefined;
};

/** `<user>:<device>`, without the agent (`_1` or `.1` behind the user) and the server, which differ between versions. */
const deviceOf = (id: string): string | undefined => {
  const parts = /^([^:@]+):(\d+)@[^@]+$/u.exec(id);
  const [user, device] = [parts?.[1], parts?.[2]];
  return user !== undefined && device !== undefined ? `${user.replace(/[._]\d+$/u, '')}:${device}` : undefined;
};

const parse = (bytes: Buffer): Fields | undefined => {
  try {
    return fieldsOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined; // not JSON: that is the answer
  }
};

const nameOf = (me: Fields | undefined): string | null => {
  const name = me?.name;
  return typeof name === 'string' && name !== '' && name !== '~' ? name : null; // '~' stands for "not known yet"
};

/** Pure, and never throws: whatever the bytes are, one of the three is the answer. */
export const classify = (bytes: Buffer): Classified => {
  const creds = parse(bytes);
  if (!creds) return corrupt;
  const noise = publicKeyOf(creds.noiseKey);
  const identity = publicKeyOf(creds.signedIdentityKey);
  const { registrationId, advSecretKey } = creds;
  if (!noise || !identity || !publicKeyOf(fieldsOf(creds.signedPreKey)?.keyPair)) return corrupt;
  if (typeof registrationId !== 'number' || typeof advSecretKey !== 'string' || advSecretKey === '') return corrupt;

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
