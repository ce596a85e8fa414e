/**
 * The parts of a run: the volume, WhatsApp, the process that starts and ends, and what faults and operators
 * can do to them.
 */
import type { SessionCommand } from '../../machines/domain/commands.ts';
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { Org } from '../../machines/domain/ports.ts';
import { classify } from '../../src/sessions/credentials.ts';
import { restorable } from '../sessions/harness.ts';
import { Clock, hours } from './clock.ts';
import { Copies } from './copies.ts';
import { Coverage } from './coverage.ts';
import { Watch } from './invariants/watch.ts';
import { type Program, startProgram } from './program.ts';
import { type Rng, rngFor } from './rng.ts';
import type { SimulatedSocket } from './socket.ts';
import { elsewhere, root, Volume } from './volume.ts';
import { WhatsApp } from './whatsapp.ts';

/** One process of the program. */
interface Process {
  alive: boolean;
  program?: Program;
}
/** The process manager starts the program again after a delay between these two. */
const restartAfterMs = [500, 8_000] as const;
const unlockRetryMs = 5_000;

export class Harness {
  readonly clock = new Clock();
  readonly coverage = new Coverage();
  readonly watch = new Watch(this.clock, this.coverage);
  readonly volume: Volume;
  readonly whatsapp: WhatsApp;
  readonly copies = new Copies(this);
  readonly trace: string[] = [];
  process: Process | undefined;
  /** The power failed during a disk operation. The harness ends the process after the current step. */
  powerFailed = false;
  starts = 0;
  /** Changes of the disk that the program did not make. */
  diskChanges = 0;
  /** When the last operation began. */
  operatedAt = 0;
  /** The program's next request for the current version of WhatsApp Web finds one that WhatsApp accepts. */
  newVersionOut = false;
  #devices = 0;
  #pairings = 0;
  readonly #seed: number;
  readonly #rng: Rng;
  /** Organizations whose directory the operator moved without a durable end. */
  readonly #unsynced = new Set<Org>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#rng = rngFor(seed, 'world');
    this.volume = new Volume(this.clock, rngFor(seed, 'disk'));
    this.whatsapp = new WhatsApp(this.clock, seed, this.watch);
    this.watch.whatsapp = this.whatsapp;
  }

  log(message: string): void {
    this.trace.push(`${hours(this.clock.mono)} ${message}`);
  }
  get program(): Program | undefined {
    return this.process?.program;
  }
  /** The lock of the directory. Like the real one, it is held by a running process. */
  isLocked(): boolean {
    return this.process?.alive === true;
  }

  /**
   * Starts the program unless the lock is held. Retries later when the volume is not mounted or the start
   * fails.
   */
  boot(): void {
    if (this.isLocked()) return;
    if (!this.volume.mounted) return void this.clock.add('simulation', unlockRetryMs, () => this.boot());
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

  /** Ends the process: the system closes its sockets, and the process manager starts it again. */
  endProcess(process: Process | undefined, how: string): void {
    if (!process || this.process !== process) return;
    this.log(`the process ${how}`);
    process.alive = false;
    this.process = undefined;
    this.clock.killProgram();
    this.whatsapp.cutAll();
    this.watch.touch(undefined);
    const [from, to] = restartAfterMs;
    this.clock.add('simulation', this.#rng.between(from, to), () => this.boot());
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
    for (const org of this.#unsynced) this.accept(org); // the operator's move may be undone
    this.#unsynced.clear();
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
  socketOf(org: Org): SimulatedSocket | undefined {
    return [...this.whatsapp.sockets].find(
      (socket) => socket.owner.org === org && socket.owner.mode === 'restore',
    );
  }

  newJid(): string {
    this.#devices += 1;
    return `999${String(this.#devices).padStart(8, '0')}:1@s.whatsapp.net`;
  }
  /**
   * A jid of another device of the organization's phone number; undefined when the program knows no number.
   */
  sameNumber(org: Org): string | undefined {
    const account = this.program?.sessions.actor(org)?.getSnapshot().context.account;
    this.#devices += 1;
    return account && `${account.id.slice(0, account.id.indexOf(':'))}:${this.#devices}@s.whatsapp.net`;
  }
  /** Credentials of a new device that was linked by another program. */
  linkedElsewhere(): string {
    const jid = this.newJid();
    this.whatsapp.link(jid);
    return restorable(jid.slice(0, jid.indexOf('@')));
  }
  place(org: Org, content: string | Buffer): void {
    const bytes = this.credentialsOf(org);
    if (bytes) this.watch.linkedByUs.delete(classify(bytes).fingerprint); // another program overwrites it
    this.volume.memory.place(`${this.directory(org)}/creds.json`, content);
    this.accept(org);
  }
  /** Expects the present content of the directory from now on. */
  accept(org: Org): void {
    this.diskChanges += 1;
    this.watch.changed(org);
    const t = this.watch.expectation(org);
    const bytes = this.credentialsOf(org);
    const seen = bytes && classify(bytes);
    t.isTorn = bytes !== undefined && seen?.stored !== 'restorable';
    const backup = this.volume.memory.peek(`${this.directory(org)}/creds.json.bak`);
    // a live session or the backup may restore torn credentials
    t.held = t.isTorn ? (t.held ?? (backup && classify(backup).fingerprint)) : seen?.fingerprint;
    if (t.isTorn) t.causes.add('creds_corrupt');
    t.causes.add('storage');
    for (const other of this.watch.expectations.values()) {
      if (other === t || t.held === undefined || other.held !== t.held) continue;
      for (const one of [t, other]) one.causes.add('conflict'); // one identity in two directories
    }
  }
  /** Moves a directory away; resolves with its new path, or undefined when that failed. */
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
      this.#unsynced.add(org);
      return undefined; // the operator got the disk's error and stopped
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
      this.#unsynced.add(org); // the operator got the disk's error, and did nothing more
    } finally {
      this.accept(org);
    }
  }
  causes(org: Org, ...reasons: readonly Lasting[]): void {
    this.watch.touch(org);
    for (const reason of reasons) this.watch.expectation(org).causes.add(reason);
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
