import { resolve } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import type { Drained } from './types.ts';

interface Holder {
  readonly fenced: () => boolean;
  readonly drained: () => Promise<Drained>;
}
export interface Claim {
  /** Who has the directory from now on. */
  readonly hold: (holder: Holder) => void;
  /** It is free again. */
  readonly release: () => void;
}
export type Denied = 'in_use' | 'still_writing';

const held = new WeakMap<Disk, Map<string, Holder | 'opening'>>();

/**
 * One writer per directory and process: a superseded store may still have a slow write on its way, and a new one must neither
 * read before it nor race with it. So whoever opens waits for what a fenced predecessor has to write (10 s at most, then
 * `still_writing`); one that is not fenced keeps the place (`in_use`). Other processes are kept out by the lock on the root.
 */
export const claimDirectory = async (disk: Disk, directory: string): Promise<Claim | Denied> => {
  const path = resolve(directory);
  const places = held.get(disk) ?? new Map<string, Holder | 'opening'>();
  held.set(disk, places);
  const before = places.get(path);
  if (before === 'opening') return 'in_use';
  if (before) {
    if (!before.fenced()) return 'in_use';
    if ((await before.drained()) === 'pending') return 'still_writing';
    const now = places.get(path);
    if (now !== undefined && now !== before) return 'in_use';
  }
  let mine: Holder | 'opening' = 'opening';
  places.set(path, mine);
  return {
    hold: (holder) => {
      mine = holder;
      places.set(path, mine);
    },
    release: () => {
      if (places.get(path) === mine) places.delete(path);
    },
  };
};
