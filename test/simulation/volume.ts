/**
 * The volume under the program: the in-memory disk, which may be slow, faulty or unmounted, and the handle of
 * one process on it. An operation of an ended process is never done, and its promise never settles.
 */
import { type Disk, DiskFault, type Stat } from '../../src/disk/disk.ts';
import { type Fault, type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import type { Clock } from './clock.ts';
import type { Rng } from './rng.ts';

export const root = '/volume';
/** Where an operator moves directories that do not belong to the fleet for now. */
export const elsewhere = '/elsewhere';

const never = <T>(): Promise<T> => new Promise<T>(() => {});
const notThere = (operation: string, path: string) =>
  new DiskFault(operation, path, Object.assign(new Error('unmounted'), { code: 'ENOENT' }));
const mountPoint: Stat = { kind: 'directory', size: 0, mtimeMs: 0, ino: 2, dev: 7, mode: 0o755, uid: 0 };

export class Volume {
  readonly memory: MemoryDisk;
  mounted = true;
  /** The longest time that one operation of the disk takes, in milliseconds. */
  slowMs = 0;
  #powerWillGo = false;
  readonly #faults = new Set<() => void>();
  readonly #clock: Clock;
  readonly #rng: Rng;

  constructor(clock: Clock, rng: Rng) {
    this.#clock = clock;
    this.#rng = rng;
    this.memory = memoryDisk({ random: rng.next, now: clock.wall });
    for (const directory of [root, elsewhere]) this.memory.placeDirectory(directory);
  }

  get isHealthy(): boolean {
    return this.mounted && this.slowMs === 0 && this.#faults.size === 0 && !this.#powerWillGo;
  }

  /** Whether the journal has files. The program keeps one timer while it does. */
  hasJournal(): boolean {
    return this.memory.paths().some((path) => path.startsWith(`${root}/.vigia/journal/`));
  }

  break(fault: Fault, durationMs: number): void {
    const undo = this.memory.inject(fault);
    this.#faults.add(undo);
    this.#clock.add('simulation', durationMs, () => {
      if (this.#faults.delete(undo)) undo();
    });
  }

  /** Cuts the power at the nth operation of the disk from now. */
  cutPower(nth: number): void {
    this.#powerWillGo = true;
    this.memory.cutPower(nth);
  }
  crash(): void {
    this.#powerWillGo = false;
    this.memory.crash();
  }

  heal(): void {
    this.mounted = true;
    this.slowMs = 0;
    for (const undo of this.#faults) undo();
    this.#faults.clear();
  }

  /**
   * `isAlive`: whether the process runs. `powerFailed`: called when the power fails during one of its
   * operations.
   */
  open(isAlive: () => boolean, powerFailed: () => void): Disk {
    const { memory } = this;
    const run = async <T>(mounted: () => Promise<T>, unmounted: () => T): Promise<T> => {
      if (!isAlive()) return never();
      const { slowMs } = this;
      if (slowMs > 0)
        await new Promise<void>(
          (resolve) => void this.#clock.add('program', this.#rng.next() * slowMs, resolve),
        );
      if (!isAlive()) return never();
      try {
        const answer = this.mounted ? await mounted() : unmounted();
        return isAlive() ? answer : await never();
      } catch (fault) {
        if (!isAlive()) return never();
        if (!(fault instanceof DiskFault) || fault.code !== 'EPOWER') throw fault;
        powerFailed();
        return never();
      }
    };
    const refuse = (operation: string, path: string) => (): never => {
      throw notThere(operation, path);
    };
    const nothing = () => undefined;
    return {
      list: (path) =>
        run(
          () => memory.list(path),
          () => (path === root ? [] : undefined),
        ),
      stat: (path) =>
        run(
          () => memory.stat(path),
          () => (path === root ? mountPoint : undefined),
        ),
      read: (path) => run(() => memory.read(path), nothing),
      write: (path, content, mode) => run(() => memory.write(path, content, mode), refuse('write', path)),
      writeUnsynced: (path, content, mode) =>
        run(() => memory.writeUnsynced(path, content, mode), refuse('write', path)),
      overwrite: (path, at, content) => run(() => memory.overwrite(path, at, content), refuse('write', path)),
      rename: (from, to) => run(() => memory.rename(from, to), refuse('rename', from)),
      syncDirectory: (path) => run(() => memory.syncDirectory(path), refuse('syncDirectory', path)),
      syncFileSystem: (path) => run(() => memory.syncFileSystem(path), refuse('syncFileSystem', path)),
      remove: (path) => run(() => memory.remove(path), nothing),
      makeDirectory: (path, mode) =>
        run(() => memory.makeDirectory(path, mode), refuse('makeDirectory', path)),
      removeDirectory: (path) => run(() => memory.removeDirectory(path), nothing),
      hold: (path, use) => run(() => memory.hold(path, use), nothing),
    };
  }
}
