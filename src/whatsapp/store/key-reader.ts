import { join } from 'node:path';
import type { Disk, Stat } from '../../disk/disk.ts';
import { inBatches } from './batch.ts';
import { decodeKey, keyFileName } from './key-file.ts';
import type { KeyType } from './key-format.ts';
import { type StoreEvents, StoreFault } from './types.ts';
import type { Writer } from './writer.ts';

/**
 * A file that is not a key may still be being copied; after this long it is not
 * (WHATSAPP-FACTS.md#being-written).
 */
const settledAfterMs = 60_000;

interface KeyReaderOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly writer: Writer;
  readonly log: StoreEvents['log'];
}

/**
 * After the clock was set back, files have times in the future: they count as old too. Never used to order
 * anything.
 */
const isSettled = (stat: Stat): boolean => Math.abs(Date.now() - stat.mtimeMs) >= settledAfterMs;

/**
 * Reads keys on request: first the content that is not in the files yet, then the file. There is no cache on
 * purpose. The kernel keeps the pages, Baileys caches within a transaction, and its own cache around a store
 * saved no CPU that could be measured (WHATSAPP-FACTS.md#no-cache). With thousands of sessions per
 * organization a cache would cost memory, and be a second truth. Only ENOENT is absence. A file that is not a
 * key is moved aside as evidence and is then absent, like a lost key: WhatsApp negotiates a new one.
 */
export const keyReader = ({ disk, directory, writer, log }: KeyReaderOptions) => {
  const moveAside = async (here: string, name: string, type: KeyType): Promise<unknown> => {
    const path = join(here, name);
    const bytes = await disk.read(path);
    const stat = await disk.stat(path);
    if (!bytes || !stat) return undefined;
    const value = decodeKey(type, bytes);
    if (value !== undefined) return value; // the first read met it in the middle of a write
    if (!isSettled(stat) || !writer.isOpen) {
      throw new StoreFault(
        'damaged',
        `${join(directory, name)} is not a key, and may still be being written`,
      );
    }
    const evidence = `${name}.corrupt-${Date.now()}`;
    await disk.rename(path, join(here, evidence));
    await disk.syncDirectory(here);
    log('key.unreadable', { directory, name, evidence, size: stat.size });
    return undefined;
  };

  const read = async (type: KeyType, id: string): Promise<unknown> => {
    const name = keyFileName(type, id);
    const waiting = writer.peek(name);
    if (waiting !== undefined) return waiting === null ? undefined : decodeKey(type, waiting);
    const note = writer.reading(name);
    const bytes = await disk.read(join(directory, name));
    note(bytes);
    if (!bytes) return undefined;
    // between the writes, or it could move aside a sound file that was written meanwhile
    return (
      decodeKey(type, bytes) ??
      writer.undisturbed(() => disk.hold(directory, (here) => moveAside(here, name, type)))
    );
  };

  /** `null` for absent keys, as Baileys' own store answers. */
  return async (type: KeyType, ids: readonly string[]): Promise<Record<string, unknown>> => {
    if (writer.isFrozen)
      throw new StoreFault('frozen', `the keys in ${directory} belong to another device now`);
    // ids come from other people's messages: `__proto__` is one like any other
    const found: Record<string, unknown> = Object.create(null);
    let absent = false;
    await inBatches(ids, async (id) => {
      const value = await read(type, id);
      absent ||= value === undefined;
      found[id] = value ?? null;
    });
    // a missing file in a directory that is gone (an unmounted volume) does not show that the key is absent
    if (absent && !(await disk.stat(directory)))
      throw new StoreFault('gone', `${directory} is not there; its keys cannot be read`);
    return found;
  };
};
