/**
 * The built program is killed (SIGKILL) in the moment in which a client receives an event, while connections
 * drop, and organizations are added, logged out and removed. The receiver of the webhooks is the judge: it
 * must get every event that a client got, and the removal of every organization that it knows and that is
 * gone.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Receiver, secret } from '../../test/delivery/harness.ts';
import build from '../../test/support/build.ts';
import type { Client, Event } from '../../test/support/client.ts';
import { type Program, ProgramHarness } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { type RunningServer, startFakeWhatsApp } from '../../test/support/whatsapp/remote.ts';
import type { Mode, ModeOptions, Report } from './mode.ts';
import type { Rng } from './rng.ts';

const atFirst = 6;
/** The kill follows this many events, at most, after all are back. */
const eventsUntilKill = 12;
const strikeEveryMs = 40;
const refusesOneOf = 5;

export interface EventsReport extends Report {
  readonly kills: number;
  readonly events: number;
  readonly removals: number;
  readonly webhooks: number;
}
type Published = Event & { readonly id: string };
const isSecret = ({ type, data }: Event) =>
  type === 'pairing.updated' && (data.status === 'qr' || data.status === 'code');

class EventsHarness {
  /** By id: what clients received. */
  readonly seen = new Map<string, Published>();
  readonly programs: ProgramHarness;
  readonly receiver: Receiver;
  readonly #server: RunningServer;
  readonly #rng: Rng;
  readonly #url: string;
  /** The phones of the organizations that exist. */
  readonly #phones = new Map<string, string>();
  readonly #gone = new Set<string>();
  /** Their logout was not answered: a kill came first. */
  readonly #undecided = new Set<string>();
  #members = 0;

  private constructor(
    server: RunningServer,
    programs: ProgramHarness,
    receiver: Receiver,
    url: string,
    rng: Rng,
  ) {
    this.#server = server;
    this.programs = programs;
    this.receiver = receiver;
    this.#url = url;
    this.#rng = rng;
  }
  static async open(rng: Rng): Promise<EventsHarness> {
    const server = await startFakeWhatsApp();
    const receiver = new Receiver();
    const url = await receiver.listen();
    receiver.answer = (_, response, nth) =>
      void response.writeHead(nth % refusesOneOf === 0 ? 500 : 204).end();
    return new EventsHarness(server, await ProgramHarness.at(server.url), receiver, url, rng);
  }
  async close(): Promise<void> {
    await this.programs.close();
    await this.receiver.close();
    await this.#server.stop();
  }

  start(): Program {
    return this.programs.start({
      WEBHOOK_URL: this.#url,
      WEBHOOK_SECRET: secret,
      WEBHOOK_CHANGES: 'all',
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
      LOG_LEVEL: 'info',
    });
  }
  async add(): Promise<void> {
    this.#members += 1;
    const [org, phone] = [`org-${this.#members}`, fictionalPhone(this.#members)];
    await seedCredentials(this.programs.org(org), { phone, device: 1, name: org });
    this.#phones.set(org, phone);
  }
  async allBack(client: Client): Promise<void> {
    for (const org of this.#phones.keys()) await client.reaches(org, 'connected');
  }
  /** Kills the program in the moment in which its client receives one of the next events. */
  async killAtAnEvent(program: Program, client: Client): Promise<void> {
    const wanted = client.events.length + this.#rng.between(1, eventsUntilKill);
    let isOver = false;
    const stirring = this.#stir(client, () => isOver);
    while (client.events.length < wanted) await wait(0);
    isOver = true;
    await program.kill();
    await stirring;
    this.note(client);
  }
  /** Waits until all are back, and finds out which logouts a kill undid. */
  async settle(client: Client): Promise<void> {
    await this.allBack(client);
    for (const org of this.#undecided) if (await client.get(org)) this.#gone.delete(org);
  }
  note(client: Client): void {
    for (const event of client.events)
      if (!isSecret(event)) this.seen.set((event as Published).id, event as Published);
  }
  got(): {
    readonly ids: ReadonlySet<string>;
    readonly removed: ReadonlySet<string>;
    readonly known: ReadonlySet<string>;
  } {
    const events = this.receiver.got.map(
      ({ body }) => JSON.parse(body) as { id: string; type: string; orgId: string },
    );
    const orgsOf = (isRemoval: boolean) =>
      events.filter(({ type }) => (type === 'session.removed') === isRemoval).map(({ orgId }) => orgId);
    return {
      ids: new Set(events.map(({ id }) => id)),
      removed: new Set(orgsOf(true)),
      known: new Set(orgsOf(false)),
    };
  }
  /** One sentence for each event and each removal that did not arrive. */
  missing(): readonly string[] {
    const { ids, removed, known } = this.got();
    const events = [...this.seen.values()].filter(({ id }) => !ids.has(id));
    const removals = [...this.#gone].filter((org) => known.has(org) && !removed.has(org));
    return [
      ...events.map(
        ({ id, type, orgId }) => `a client received ${type} of ${orgId} (${id}), the webhook never did`,
      ),
      ...removals.map((org) => `${org} is gone, and the webhook never got its removal`),
    ];
  }

  /** Connections drop, and one organization leaves: by a logout, or because its directory is removed. */
  async #stir(client: Client, isOver: () => boolean): Promise<void> {
    const [org, phone] = this.#rng.pick([...this.#phones]);
    const leaves = this.#rng.next() < 2 / 3;
    if (leaves) {
      this.#phones.delete(org);
      this.#gone.add(org);
      const isRemoved = this.#rng.next() < 1 / 3;
      if (isRemoved) await rm(this.programs.org(org), { recursive: true, force: true, maxRetries: 20 });
      // the kill may come before the answer: then its directory may still be there
      else void client.call('session.logout', { orgId: org }).catch(() => this.#undecided.add(org));
    }
    while (!isOver()) {
      await this.#server.whatsapp.strike(this.#rng.pick([...this.#phones.values(), phone]), {
        kind: 'cut',
        how: 'reset',
      });
      await wait(strikeEveryMs);
    }
  }
}

const round = async (harness: EventsHarness): Promise<void> => {
  const program = harness.start();
  const client = await harness.programs.client(program);
  await harness.allBack(client);
  await harness.killAtAnEvent(program, client);
  await harness.add();
};

/** Rejects when an organization does not come back. */
export const runEvents = async ({ rng, left, say }: ModeOptions): Promise<EventsReport> => {
  const harness = await EventsHarness.open(rng);
  let kills = 0;
  try {
    for (let n = 0; n < atFirst; n += 1) await harness.add();
    while (left(kills) > 0) {
      await round(harness);
      kills += 1;
      say(`${kills} kills: clients received ${harness.seen.size} events`);
    }
    const last = harness.start();
    const client = await harness.programs.client(last);
    await harness.settle(client);
    await until('the webhook to have received everything', () => harness.missing().length === 0).catch(
      () => undefined,
    );
    harness.note(client);
    const broken = [...harness.missing()];
    if ((await last.stop()) !== 0) broken.push('the last one did not end in order');
    const { ids, removed } = harness.got();
    return { kills, events: harness.seen.size, removals: removed.size, webhooks: ids.size, broken };
  } finally {
    await harness.close();
  }
};

export const events: Mode = {
  doc: 'kills the built program as a client receives an event, and compares the webhooks (counts kills)',
  run: async (options) => {
    build();
    return runEvents(options);
  },
};
