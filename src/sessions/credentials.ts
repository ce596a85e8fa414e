import { createHash } from 'node:crypto';
import type { Account } from '../../machines/domain/ports.ts';
import { bytesFrom, parseWithBytes } from '../base/json-bytes.ts';
import { type Credentials, credentialsFormat, flawOf } from './credentials-format.ts';

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
  /** Why they are `corrupt`: a clause for a person, without any value of the file. */
  readonly because?: string;
}
/** The verdict, and the credentials that it is about. `creds` is absent when they are corrupt. */
export interface CredentialsRead extends Classified {
  readonly creds?: Credentials;
}

type Fields = Readonly<Record<string, unknown>>;
const isPlain = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
const fieldsOf = (value: unknown): Fields => (isPlain(value) ? value : {});

/**
 * The account is a protobuf message, which writes its bytes as a plain base64 string (its `toJSON` runs
 * before any replacer).
 */
const isThere = (value: unknown): boolean => (bytesFrom(value)?.length ?? 0) > 0;

/**
 * `<user>:<device>`, without the agent (`_1` or `.1` after the user) and the server, which differ between
 * versions.
 */
const deviceOf = (id: string): string | undefined => {
  const parts = /^(\d+(?:[._]\d+)?):(\d+)@[^@]+$/u.exec(id);
  const [user, device] = [parts?.[1], parts?.[2]];
  return user !== undefined && device !== undefined
    ? `${user.replace(/[._]\d+$/u, '')}:${device}`
    : undefined;
};

/** '~' is the library's "not known yet". */
const nameOf = ({ name }: Fields): string | null =>
  typeof name === 'string' && name !== '' && name !== '~' ? name : null;

const corrupt = (because: string): CredentialsRead => ({ stored: 'corrupt', fingerprint: '', because });

/**
 * The parsed fields in the order of the file, so that credentials without a change are written back as the
 * same bytes.
 */
const inOrderOf = (original: unknown, parsed: unknown): unknown => {
  if (!isPlain(original) || !isPlain(parsed)) return parsed;
  return Object.fromEntries(
    Object.entries(original).map(([key, value]) => [key, inOrderOf(value, parsed[key])]),
  );
};

/** The library reads `name` and `lid` as texts. A value of another type means that they are unknown. */
const withTexts = (me: Fields): Fields => {
  const isUsable = ([key, value]: [string, unknown]): boolean =>
    typeof value === 'string' || (key !== 'name' && key !== 'lid');
  return Object.fromEntries(Object.entries(me).filter(isUsable));
};

const judge = (creds: Credentials): CredentialsRead => {
  const { noiseKey, signedIdentityKey, registrationId } = creds;
  const me = fieldsOf(creds['me']);
  const { id } = me;
  if (typeof id !== 'string' || id === '') return { stored: 'unpaired', fingerprint: '', creds };
  const device = deviceOf(id);
  const account = fieldsOf(creds['account']);
  if (device === undefined || !isThere(account['details']) || !isThere(account['accountSignatureKey'])) {
    return { stored: 'unpaired', fingerprint: '', half: true, creds };
  }
  const identity = [noiseKey.public.toString('hex'), signedIdentityKey.public.toString('hex')];
  const fingerprint = createHash('sha256')
    .update([...identity, String(registrationId), device].join('\n'))
    .digest('hex');
  return {
    stored: 'restorable',
    fingerprint,
    account: { id, name: nameOf(me) },
    creds: { ...creds, me: withTexts(me) },
  };
};

/**
 * The one reader of a `creds.json`: what it returns as restorable is what the client library gets. Pure.
 * Never throws: any bytes belong to one of the three.
 */
export const readCredentials = (bytes: Uint8Array): CredentialsRead => {
  if (bytes.length === 0) return corrupt('the file is empty');
  let value: unknown;
  try {
    value = parseWithBytes(bytes);
  } catch {
    return corrupt(bytes.every((byte) => byte === 0) ? 'the file holds only zeros' : 'it is not JSON');
  }
  const { data, error } = credentialsFormat.safeParse(value);
  return error ? corrupt(flawOf(error)) : judge(inOrderOf(value, data) as Credentials);
};

/** The verdict alone, which may be kept for as long as the file does not change. */
export const classify = (bytes: Uint8Array): Classified => {
  const { creds: _secret, ...classified } = readCredentials(bytes);
  return classified;
};
