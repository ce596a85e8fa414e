/** Two organizations that write to each other while connections drop and processes are killed. */
import { setTimeout as wait } from 'node:timers/promises';
import { secret } from '../../../test/delivery/harness.ts';
import { FakeWhatsApp } from '../../../test/support/whatsapp/server.ts';
import { organizations } from '../../../test/support/whatsapp/two-organizations.ts';
import type { Rng } from '../rng.ts';
import { type Evidence, groupBy, judge, type Sent } from './judge.ts';
import { type Accepted, Organization } from './organization.ts';
import { type Point, Points, points } from './points.ts';
import { Sink } from './sink.ts';

const dropEveryMs = [200, 2_000] as const;
const killEveryMs = [100, 1_000] as const;
/** Share of drops before which the connection goes dead, so that its last stanzas are lost. */
const tailShare = 0.05;
const tailMs = [100, 500] as const;
const lateAcks = { share: 0.2, ms: 400 };
/**
 * Chats of each organization: the phone of the other, and these groups. Within a chat one message waits for
 * the one before.
 */
const groups = ['pn', 'lid', 'pn', 'lid', 'pn'] as const;
const underWay = 2 * (1 + groups.length);
/** Share of kills at a named point; the others come at any moment. */
const pointShare = 0.8;
/** Between two messages of one caller, so that a thousand messages meet dozens of kills. */
const pauseMs = [0, 2_500] as const;
/** The verdict waits while anything moves: a long run leaves hundreds of messages to be received. */
const stillMs = 120_000;
const lookEveryMs = 250;
/** No limit that a chaos run would meet. */
const messageSettings = {
  SEND_RATE_PER_MINUTE: '1000',
  SEND_RATE_BURST: '1000',
  SEND_RATE_NEW_PER_MINUTE: '1000',
  SEND_RATE_NEW_PER_DAY: '1000',
};

export class Scene {
  readonly server = new FakeWhatsApp({ relay: true, offlineDelayMs: 5 });
  readonly sent: Sent[] = [];
  readonly points: Points;
  readonly sink: Sink;
  kills = 0;
  drops = 0;
  readonly #rng: Rng;
  #pair: readonly Organization[] = [];
  #groups: readonly string[] = [];
  /** By organization: how many sends have begun. */
  readonly #begun = new Map<string, number>();
  #isOver = false;

  private constructor(rng: Rng) {
    this.#rng = rng;
    this.points = new Points(this.server.relay, () => this.#pair);
    this.sink = new Sink(rng, (point, org) => this.points.reach(point, org));
  }

  static async open(rng: Rng): Promise<Scene> {
    const scene = new Scene(rng);
    const whatsappUrl = await scene.server.listen();
    const env = {
      WEBHOOK_URL: await scene.sink.listen(),
      WEBHOOK_SECRET: secret,
      WEBHOOK_EVENTS: 'message.received,message.unreadable,message.sent_elsewhere,message.changed',
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
      LOG_LEVEL: 'info',
      ...messageSettings,
    };
    scene.#pair = await Promise.all(
      [organizations.acme, organizations.bistro].map((one) =>
        Organization.open({ ...one, name: one.name.toLowerCase() }, whatsappUrl, env),
      ),
    );
    const members = scene.#pair.map(({ phone }) => phone);
    scene.#groups = groups.map((addressing) => scene.server.relay.groups.create({ members, addressing }));
    for (const org of scene.#pair) {
      await org.connected();
      scene.points.watchJournal(org);
    }
    return scene;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.points.close();
    for (const org of this.#pair) await org.harness.close();
    await Promise.all([this.server.close(), this.sink.close()]);
  }

  /** Sends so many messages in each direction through everything that disturbs. */
  async play(each: number): Promise<void> {
    const { faults } = this.server.relay;
    faults.set({}, { kind: 'late-ack', ms: lateAcks.ms }, { share: lateAcks.share });
    const sends = this.#pair.flatMap((org) =>
      Array.from({ length: underWay }, () => this.#sendMany(org, each)),
    );
    const disturbed = Promise.all([this.#drop(), this.#kill()]);
    await Promise.all(sends);
    this.#isOver = true;
    await disturbed;
    faults.clear();
  }

  /** Waits until nothing moves any more, and returns what was not as promised. */
  async verdict(): Promise<string[]> {
    const [acme, bistro] = this.#pair as [Organization, Organization];
    for (const org of this.#pair) await org.connected();
    const evidence: Evidence = {
      ...{ relay: this.server.relay, sink: this.sink, sent: this.sent },
      organizations: [acme, bistro],
    };
    let moved = { at: Date.now(), what: '' };
    for (;;) {
      await this.#readStates();
      const broken = judge(evidence);
      const what = this.#progress();
      if (what !== moved.what) moved = { at: Date.now(), what };
      if (broken.length === 0 || Date.now() > moved.at + stillMs) return [...broken, ...this.#server()];
      await wait(lookEveryMs);
    }
  }

  /** How many messages WhatsApp took, the states of all, and the retry receipts. */
  figures(): Readonly<Record<string, unknown>> {
    const states = groupBy(this.sent, ({ last }) => last.state);
    const taken = this.server.relay.ledger.messages().filter(({ acked }) => acked === 'yes');
    return {
      accepted: this.sent.length,
      taken: taken.length,
      received: this.sink.events.size,
      repeatedDeliveries: this.sink.repeats,
      states: Object.fromEntries([...states].map(([state, { length }]) => [state, length])),
      ...{ kills: this.kills, drops: this.drops, points: Object.fromEntries(this.points.met) },
      retries: this.server.relay.ledger.retries(),
      refusals: Object.fromEntries(
        this.#pair.map(({ name, refusals }) => [name, Object.fromEntries(refusals)]),
      ),
    };
  }

  get output(): string {
    return this.#pair.map(({ output }) => output).join('\n');
  }

  async #sendMany(org: Organization, each: number): Promise<void> {
    await wait(0);
    for (;;) {
      const n = this.#begun.get(org.name) ?? 0;
      if (n >= each) return;
      this.#begun.set(org.name, n + 1);
      await this.#send(org, n);
      await wait(this.#rng.between(...pauseMs));
    }
  }

  async #send(org: Organization, n: number): Promise<void> {
    const to = this.#pair.find((one) => one !== org) as Organization;
    const body = `${org.name} writes ${n}`;
    const chats = [to.phone, ...this.#groups];
    const params = {
      ...{ orgId: org.name, to: chats[n % chats.length], type: 'text', text: { body } },
      ...{ idempotencyKey: `${org.name}-${n}`, expiresInMs: 3_600_000 },
    };
    this.points.reach('before the row', org.name);
    const { message } = await org.call('message.send', params);
    const answers = [message as Accepted];
    this.sent.push({ org: org.name, text: body, answers, last: message as Accepted });
    this.points.reach('after the row', org.name);
    // Some callers lose the answer, and repeat the call.
    if (this.#rng.next() < tailShare)
      answers.push((await org.call('message.send', params))['message'] as Accepted);
  }

  async #drop(): Promise<void> {
    while (!this.#isOver) {
      await wait(this.#rng.between(...dropEveryMs));
      const { phone } = this.#rng.pick(this.#pair);
      if (this.#rng.next() < tailShare) {
        this.server.strike(phone, { kind: 'freeze' });
        await wait(this.#rng.between(...tailMs));
      }
      this.drops += this.server.strike(phone, { kind: 'cut', how: 'reset' });
    }
  }

  async #kill(): Promise<void> {
    while (!this.#isOver) {
      await wait(this.#rng.between(...killEveryMs));
      const org = this.#rng.pick(this.#pair);
      await org.connected();
      if (this.#rng.next() < pointShare) await this.points.at(this.#rng.pick<Point>(points), org);
      await org.kill();
      this.kills += 1;
    }
  }

  async #readStates(): Promise<void> {
    const final = new Set(['delivered', 'read', 'played', 'failed']);
    for (const one of this.sent) {
      if (final.has(one.last.state)) continue;
      const org = this.#pair.find(({ name }) => name === one.org);
      if (org) one.last = await org.get(one.last.id);
    }
  }

  #progress(): string {
    const { relay } = this.server;
    const waiting = this.#pair.map(({ phone }) => relay.waiting({ phone, device: 1 }));
    return [...waiting, this.sink.events.size, relay.ledger.retries()].join(' ');
  }

  #server(): string[] {
    const { doubleLogins, deadLogins, unreadable } = this.server.stats();
    return Object.entries({ doubleLogins, deadLogins, unreadable })
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `the server counted ${count} ${what}`);
  }
}
