import { BufferJSON } from '@whiskeysockets/baileys';
import { parseWithBytes } from '../../base/json-bytes.ts';
import { type KeyType, revive } from './key-format.ts';
import { StoreFault } from './types.ts';

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

/**
 * `undefined` when the content is not a key: empty, cut short, not JSON, nothing (`null`), or not what the
 * library expects of this kind of key.
 */
export const decodeKey = (type: KeyType, content: Uint8Array | string): unknown => {
  try {
    const value = parseWithBytes(content);
    return value ? revive[type](value) : undefined;
  } catch {
    return undefined; // not a key: that is the answer
  }
};
