/** Everything a run consists of: the volume, WhatsApp, the process that comes and goes, and what can be done to them. */
import type { SessionCommand } from '../../machines/domain/commands.ts';
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { Org } from '../../machines/domain/ports.ts';
import { classify } from '../../src/sessions/credentials.ts';
import { restorable } from '../sessions/harness.ts';
import { Clock } from './clock.ts';
import { Coverage } from './coverage.ts';
import { Watch } from './invariants/watch.ts';
import { type Program, startProgram } from './program.ts';
import { type Rng, rngFor } from './rng.ts';
import type { Link } from './socket.ts';
import { elsewhere, root, Volume } from './volume.ts';
import { WhatsApp } from './whatsapp.ts';

/** One life of the program. */
interface Process {
  alive: boolean;
  program?: Program;
}
/** A process manager starts the program again after so long. */
const restartAfterMs = [500, 8_000] as const;
const unlockRetryMs = 5_000;

export class SimulationHarness {
  readonly clock = new Clock();
  readonly coverage = new Coverage();
  readonly watch = new Watch(this.clock, this.coverage);
  readonly volume: Volume;
  readonly whatsapp: WhatsApp;
  readonly story: string[] = [];
  process: Process | undefined;
  /** The power went; what is left of this moment happens before the lights go out. */
  powerFailed = false;
  starts = 0;
  /** Changes of the disk that were not asked for by the program. */
  diskChanges = 0;
  /** The next version that is asked for is one that WhatsApp takes. */
  newVersionOut = false;
  #devices = 0;
  #pairings = 0;
  readonly #seed: number;
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#seed = seed;
    this.#rng = rngFor(seed, 'world');
    this.volume = new Volume(this.clock, rngFor(seed, 'disk'));
    this.whatsapp = new WhatsApp(this.clock, seed, this.watch);
    this.watch.whatsapp = this.whatsapp;
  }

  log(message: string): void {
    this.story.push(`${hours(this.clock.mono)} ${message}`);
  }
  get program(): Program | undefined {
    return this.process?.program;
  }
  /** The lock of the directory, as the real one: held by a living process. */
  isLocked(): boolean {
    return this.process?.alive === true;
  }

  /** Starts the program, unless somebody holds the lock; again after a while when the volume is not there or the start fails. */
  boot(): void {
    if (this.isLocked()) return;
    if (!this.volume.mounted) return void this.clock.add('world', unlockRetryMs, () => this.boot());
    const process: Process = { alive: true };
    this.process = process;
    this.starts += 1;
    this.watch.started();
    this.watch.touch(undefined);
    const isAlive = () => process.alive;
    const disk = this.volume.open(isAlive, () => {
      process.alive = false;
      this.powerFailed = true;
    });
    const started = startProgram({
      disk,
      clock: this.clock,
      rng: rngFor(this.#seed, `process ${this.starts}`),
      whatsapp: this.whatsapp,
      stillOurs: () => this.volume.mounted,
      onEvent: (event) => {
        if (isAlive()) this.watch.onEvent(event);
      },
      granted: (org) => this.watch.granted(org),
      renewVersion: () => this.newVersionOut,
      onEnded: () => this.endProcess(process, 'ended by itself'),
      log: () => {},
    });
    void started.then(
      (program) => {
        process.program = program;
      },
      () => this.endProcess(process, 'could not start'),
    );
  }

  /** The process is no more; its sockets are closed by the system, and it is started again. */
  endProcess(process: Process | undefined, how: string): void {
    if (!process || this.process !== process) return;
    this.log(`the process ${how}`);
    process.alive = false;
    this.process = undefined;
    this.clock.killProgram();
    this.whatsapp.cutAll();
    this.watch.touch(undefined);
    const [from, to] = restartAfterMs;
    this.clock.add('world', this.#rng.between(from, to), () => this.boot());
  }
  kill(how = 'was killed'): void {
    this.endProcess(this.process, how);
  }
  losePower(): void {
    this.powerFailed = false;
    if (this.process) this.process.alive = false;
    this.endProcess(this.process, 'lost its power');
    this.volume.crash();
    this.diskChanges += 1;
  }

  directory(org: Org): string {
    return `${root}/${org}`;
  }
  credentialsOf(org: Org): Buffer | undefined {
    return this.volume.memory.peek(`${this.directory(org)}/creds.json`);
  }
  has(org: Org): boolean {
    return this.credentialsOf(org) !== undefined;
  }
  jidOf(org: Org): string | undefined {
    const bytes = this.credentialsOf(org);
    return bytes && classify(bytes).account?.id;
  }
  deviceOf(org: Org) {
    return this.whatsapp.devices.get(this.jidOf(org) ?? '');
  }
  linkOf(org: Org): Link | undefined {
    return [...this.whatsapp.links].find((link) => link.caller.org === org && link.caller.mode === 'restore');
  }

  newJid(): string {
    this.#devices += 1;
    return `999${String(this.#devices).padStart(8, '0')}:1@s.whatsapp.net`;
  }
  /** Another device of the phone that the organization is known by; undefined when it is known by none. */
  sameNumber(org: Org): string | undefined {
    const account = this.program?.sessions.actor(org)?.getSnapshot().context.account;
    this.#devices += 1;
    return account && `${account.id.slice(0, account.id.indexOf(':'))}:${this.#devices}@s.whatsapp.net`;
  }
  /** Credentials of a device that was linked somewhere else. */
  linkedElsewhere(): string {
    const jid = this.newJid();
    this.whatsapp.link(jid);
    return restorable(jid.slice(0, jid.indexOf('@')));
  }
  place(org: Org, content: string | Buffer): void {
    const bytes = this.credentialsOf(org);
    if (bytes) this.watch.linkedByUs.delete(classify(bytes).fingerprint); // overwritten by somebody else
    this.volume.memory.place(`${this.directory(org)}/creds.json`, content);
    this.accept(org);
  }
  /** What lies there now is what is to lie there. */
  accept(org: Org): void {
    this.diskChanges += 1;
    this.watch.changed(org);
    const t = this.watch.expectations(org);
    const bytes = this.credentialsOf(org);
    const seen = bytes && classify(bytes);
    t.isTorn = bytes !== undefined && seen?.stored !== 'restorable';
    const backup = this.volume.memory.peek(`${this.directory(org)}/creds.json.bak`);
    // cut short, it may be put back by a live session or from the backup
    t.held = t.isTorn ? (t.held ?? (backup && classify(backup).fingerprint)) : seen?.fingerprint;
    if (t.isTorn) t.causes.add('creds_corrupt');
    t.causes.add('storage');
    for (const other of this.watch.truths.values()) {
      if (other === t || t.held === undefined || other.held !== t.held) continue;
      for (const one of [t, other]) one.causes.add('conflict'); // one identity in two directories
    }
  }
  /** Moves a directory away; resolves with where it went, or undefined when it could not be. */
  async putAway(org: Org): Promise<string | undefined> {
    const target = `${elsewhere}/${org}-${this.clock.mono}`;
    const { memory } = this.volume;
    try {
      if (!this.has(org)) return undefined;
      await memory.rename(this.directory(org), target);
      await memory.syncDirectory(root);
      await memory.syncDirectory(elsewhere);
      return target;
    } catch {
      return undefined; // the operator got the disk's error, and did nothing more
    } finally {
      this.accept(org);
    }
  }
  async bringBack(org: Org, from: string): Promise<void> {
    const { memory } = this.volume;
    try {
      if (!this.has(org)) await memory.rename(from, this.directory(org));
      await memory.syncDirectory(root);
      await memory.syncDirectory(elsewhere);
    } catch {
      // the operator got the disk's error, and did nothing more
    } finally {
      this.accept(org);
    }
  }
  causes(org: Org, ...reasons: readonly Lasting[]): void {
    this.watch.touch(org);
    for (const reason of reasons) this.watch.expectations(org).causes.add(reason);
  }

  command(org: Org, command: SessionCommand): void {
    const { program } = this;
    if (!program) return;
    const process = this.process;
    const answered = this.watch.asked(org, command);
    void program.executeCommand(org, command).then(
      (answer) => answered(process === this.process ? answer : undefined),
      (error: unknown) => this.watch.broken('nothing thrown', `a command threw: ${String(error)}`),
    );
  }
  newPairing(): string {
    this.#pairings += 1;
    return `p${this.#pairings}`;
  }
}

export const hours = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000);
  return `${String(Math.floor(minutes / 60)).padStart(4)}h${String(minutes % 60).padStart(2, '0')}m${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')}s`;
};
