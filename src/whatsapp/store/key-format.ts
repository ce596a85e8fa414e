/**
 * What the content of each kind of key must be before the client library may have it. The library uses these
 * values without a check, and answers a wrong one with an exception in the middle of a message.
 */
import { BufferJSON, proto, type SignalDataTypeMap } from '@whiskeysockets/baileys';
import { bytesFrom } from '../../base/json-bytes.ts';

export type KeyType = keyof SignalDataTypeMap;

/** Curve25519 (RFC 7748). Signal's libraries may put a byte for the kind of curve before a public key. */
const [keyBytes, taggedKeyBytes] = [32, 33];

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
    ? (value as Fields)
    : undefined;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const textsOf = (value: unknown): unknown =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
const someBytes = (value: unknown): Buffer | undefined => {
  const bytes = bytesFrom(value);
  return bytes && bytes.length > 0 ? bytes : undefined;
};

const preKeyOf = (value: unknown): unknown => {
  const pair = fieldsOf(value);
  const [secret, shared] = [bytesFrom(pair?.['private']), bytesFrom(pair?.['public'])];
  const isPublicKey = shared?.length === keyBytes || shared?.length === taggedKeyBytes;
  return secret?.length === keyBytes && isPublicKey
    ? { ...pair, private: secret, public: shared }
    : undefined;
};

/** Up to version 6 the library kept the list of states itself; now it keeps the bytes of its JSON. */
const senderKeyOf = (value: unknown): unknown => {
  const isOldList = Array.isArray(value) && value.length > 0 && value.every((state) => fieldsOf(state));
  return isOldList ? Buffer.from(JSON.stringify(value, BufferJSON.replacer)) : someBytes(value);
};

/** The hash of all entries; the library starts from 128 zeros (`LT_HASH_ANTI_TAMPERING`). */
const versionOf = (value: unknown): unknown => {
  const state = fieldsOf(value);
  const hash = someBytes(state?.['hash']);
  const isVersion = typeof state?.['version'] === 'number' && fieldsOf(state['indexValueMap']) !== undefined;
  return isVersion && hash ? { ...state, hash } : undefined;
};

const tokenOf = (value: unknown): unknown => {
  const fields = fieldsOf(value);
  if (!fields || fields['token'] === undefined) return fields;
  const token = bytesFrom(fields['token']);
  return token && { ...fields, token };
};

/** How a parsed file becomes what the library expects; `undefined` when it cannot. It may also throw. */
export const revive: Readonly<Record<KeyType, (value: unknown) => unknown>> = {
  'pre-key': preKeyOf,
  session: (value) => fieldsOf(value) ?? someBytes(value),
  'sender-key': senderKeyOf,
  'sender-key-memory': fieldsOf,
  // `fromObject` decodes the base64 that the message's own toJSON wrote; `create` would leave strings
  // (WHATSAPP-FACTS.md#app-state-keys).
  'app-state-sync-key': (value) => {
    const fields = fieldsOf(value);
    return fields && proto.Message.AppStateSyncKeyData.fromObject(fields);
  },
  'app-state-sync-version': versionOf,
  'lid-mapping': textOf,
  'device-list': textsOf,
  tctoken: tokenOf,
  'identity-key': someBytes,
};
