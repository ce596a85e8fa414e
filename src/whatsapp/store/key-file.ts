import { BufferJSON, proto, type SignalDataTypeMap } from '@whiskeysockets/baileys';
import { StoreFault } from './types.ts';

export type KeyType = keyof SignalDataTypeMap;

/** Leaves room in 255 bytes for `.corrupt-<epoch ms>` behind it. Real names have about 60. */
const longestNameBytes = 230;

/**
 * The file of a key, as Baileys' own multi-file store calls it: `<type>-<id>.json`, with `/` as `__` and `:`
 * as `-`. Two ids can share a name (`a:b` and `a-b`); that is so in every directory already written, and none
 * of WhatsApp's ids do. The id may come from a stranger's message, so a name that no file can have is refused
 * here: on the disk it would fail for ever.
 */
export const keyFileName = (type: string, id: string): string => {
  const name = `${type}-${id}.json`.replaceAll('/', '__').replaceAll(':', '-');
  if (name.includes('\0') || Buffer.byteLength(name) > longestNameBytes) {
    throw new StoreFault(
      'name',
      `the id of a ${type} key cannot be a file name (${Buffer.byteLength(name)} bytes)`,
    );
  }
  return name;
};

/** The same JSON as Baileys' own store, so that either reads what the other wrote. */
export const encode = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer);
export const decode = (content: string): unknown => JSON.parse(content, BufferJSON.reviver);

type Revive = (value: never) => unknown;
const asItIs: Revive = (value) => value;
/**
 * How a parsed file becomes what Baileys expects: a new key type does not compile until it is thought about.
 */
const revive: Readonly<Record<KeyType, Revive>> = {
  'pre-key': asItIs,
  session: asItIs,
  'sender-key': asItIs,
  'sender-key-memory': asItIs,
  // `fromObject` decodes the base64 that the message's own toJSON wrote; `create` would leave strings
  // (WHATSAPP-FACTS.md#app-state-keys).
  'app-state-sync-key': (value) => proto.Message.AppStateSyncKeyData.fromObject(value),
  'app-state-sync-version': asItIs,
  'lid-mapping': asItIs,
  'device-list': asItIs,
  tctoken: asItIs,
  'identity-key': asItIs,
};

/** `undefined` when the content is not a key: empty, cut short, not JSON, or nothing (`null`). */
export const decodeKey = (type: KeyType, content: string): unknown => {
  try {
    const value = decode(content);
    return value ? revive[type](value as never) : undefined;
  } catch {
    return undefined; // not a key: that is the answer
  }
};
