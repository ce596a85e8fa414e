/**
 * The scene of the kills: the built program on a directory of its own, a fake WhatsApp in its own process,
 * and organizations of which it is known who they are. What is checked here is what a customer would notice.
 */
import { once } from 'node:events';
import { watch } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '../../test/support/client.ts';
import { type Program, ProgramHarness } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { type RunningServer, startFakeWhatsApp } from '../../test/support/whatsapp/remote.ts';
import { type Files, identityOf, readEverything } from './disk.ts';
import type { Rng } from './rng.ts';

/** How soon everybody has to be back; far more than it takes, because the machine may be busy. */
const backWithinMs = 90_000;
const strikeEveryMs = 60;
const sessionFaults = [
  { kind: 'cut', how: 'reset' },
  { kind: 'cut', how: 'close' },
  { kind: 'stream-error', code: 515 },
  { kind: 'stream-error', code: 503 },
] as const;
const noWriteWithinMs = 3_000;
/** Temporary file, write, fsync, rename, fsync of the directory. */
const replacingTakesMs = 4;
/** 812 pre-keys are uploaded by a device of which the server holds none, 5 by one of which it holds few. */
const preKeyCounts = [0, 3, 3, 3] as const;

export interface Member {
  readonly org: string;
  readonly phone: string;
  /** Undefined until its phone was linked. */
  identity: string | undefined;
}

export class ChaosHarness {
  readonly members: Member[] = [];
  /** What else must hold: one sentence for each thing that did not. */
  readonly broken: string[] = [];
  readonly programHarness: ProgramHarness;
  readonly server: RunningServer;
  readonly #rng: Rng;

  private constructor(programHarness: ProgramHarness, server: RunningServer, rng: Rng) {
    this.programHarness = programHarness;
    this.server = server;
    this.#rng = rng;
  }
  static async open(rng: Rng): Promise<ChaosHarness> {
    const server = await startFakeWhatsApp({ chatty: true, preKeyCount: 3 });
    return new ChaosHarness(await ProgramHarness.at(server.url), server, rng);
  }
  /** Removes the directory too, unless it is to be looked at. */
  async close(): Promise<void> {
    await this.programHarness.close();
    await this.server.stop();
  }

  #newcomer(): Member {
    const n = this.members.length + 1;
    const member: Member = { org: `org-${n}`, phone: fictionalPhone(n), identity: undefined };
    this.members.push(member);
    return member;
  }
  /** An organization whose directory is brought from elsewhere. */
  async seed(): Promise<void> {
    const member = this.#newcomer();
    await seedCredentials(this.programHarness.org(member.org), {
      phone: member.phone,
      device: 1,
      name: member.org,
    });
    member.identity = await identityOf(this.programHarness.org(member.org));
  }

  start(env: Record<string, string> = {}, through: readonly string[] = []): Program {
    return this.programHarness.start({ LOG_LEVEL: 'info', ...env }, through);
  }

  /**
   * Connections end in several ways, one after the other, and first logins upload many or few keys, until it
   * is over.
   */
  async drop(isOver: () => boolean): Promise<void> {
    const { whatsapp } = this.server;
    await whatsapp.configure({ preKeyCount: this.#rng.pick(preKeyCounts) });
    while (!isOver()) {
      await whatsapp.strike(this.#rng.pick(this.members).phone, this.#rng.pick(sessionFaults));
      await wait(strikeEveryMs);
    }
  }
  /** Somebody links a phone, unless the kill comes first. */
  async pair(program: Program, isOver: () => boolean): Promise<void> {
    try {
      const client = await this.programHarness.client(program);
      const linked = new Set(await this.linked());
      await this.#scanFor(client, this.members.find((m) => !linked.has(m)) ?? this.#newcomer(), isOver);
    } catch (error) {
      if (!isOver()) throw error;
    }
  }
  /**
   * Resolves while a file of some organization is being replaced: its connection is cut, so it logs in again
   * and is written.
   */
  async writes(): Promise<void> {
    const { org, phone } = this.#rng.pick(this.members.filter((m) => m.identity !== undefined));
    const watcher = watch(this.programHarness.org(org));
    try {
      const written = once(watcher, 'change');
      await this.server.whatsapp.strike(phone, { kind: 'cut', how: 'reset' });
      await Promise.race([written, wait(noWriteWithinMs)]);
    } finally {
      watcher.close();
    }
    const later = performance.now() + this.#rng.next() * replacingTakesMs;
    while (performance.now() < later); // a timer would be too coarse to meet each step of a replacement
  }

  /**
   * A phone scans the QR of the organization. When it says "linked", the organization has to be back for ever
   * after.
   */
  async #scanFor(client: Client, { org, phone }: Member, isOver: () => boolean): Promise<void> {
    await client.call('session.pair', { orgId: org });
    const { data } = await until(`a QR for ${org}`, () => {
      if (isOver()) throw new Error('killed before the QR');
      return client.events.find(
        (e) => e.type === 'pairing.updated' && e.orgId === org && e.data.status === 'qr',
      );
    });
    await this.server.whatsapp.scan(String(data.qr), { phone });
  }

  /** Which organizations the phones say are linked. */
  async linked(): Promise<Member[]> {
    const linked = new Set((await this.server.whatsapp.devices()).map((device) => device.phone));
    return this.members.filter((m) => m.identity !== undefined || linked.has(m.phone));
  }

  afterKill(): Promise<Files> {
    return readEverything(this.programHarness.root);
  }

  /** Waits until every linked organization is connected, and looks at who it is. */
  async allBack(program: Program): Promise<void> {
    const client = await this.programHarness.client(program);
    const deadline = Date.now() + backWithinMs;
    for (const member of await this.linked()) {
      await client.reaches(member.org, 'connected', Math.max(1_000, deadline - Date.now()));
      await until(`${member.org} to be online at WhatsApp`, async () =>
        (await this.server.whatsapp.devices(member.phone)).some((device) => device.online),
      );
      const identity = await identityOf(this.programHarness.org(member.org));
      member.identity ??= identity;
      if (identity !== member.identity) this.broken.push(`${member.org} came back as somebody else`);
    }
    client.close();
  }

  /** What the server saw since the beginning. */
  async reckon(): Promise<readonly string[]> {
    const { doubleLogins, deadLogins, unreadable, logouts } = await this.server.whatsapp.stats();
    const counts = Object.entries({ doubleLogins, deadLogins, unreadable, logouts }).filter(
      ([, count]) => count > 0,
    );
    const devices = await this.server.whatsapp.devices();
    const twice = this.members.filter((m) => devices.filter((device) => device.phone === m.phone).length > 1);
    return [
      ...this.broken,
      ...counts.map(([what, count]) => `the server saw ${count} ${what}`),
      ...twice.map((m) => `${m.org} was paired more than once`),
    ];
  }
}
