/** Two programs with an organization each on one fake WhatsApp, and a receiver of webhooks for each. */
import { Receiver, secret } from '../delivery/harness.ts';
import { apiKey, type Program, ProgramHarness } from './program.ts';
import { until } from './until.ts';
import { fictionalPhone, seedCredentials } from './whatsapp/credentials.ts';
import { FakeWhatsApp } from './whatsapp/server.ts';

export interface Posted {
  readonly id: string;
  readonly type: string;
  readonly orgId: string;
  readonly timestamp: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many types, which a test narrows by `type`
  readonly data: any;
}
export const messageEvents = [
  'message.received',
  'message.sent_elsewhere',
  'message.changed',
  'message.unreadable',
  'message.updated',
].join(',');

/** One end: a program with one organization. */
export class End {
  readonly org: string;
  readonly phone: string;
  readonly hook = new Receiver();
  program!: Program;
  readonly #harness: ProgramHarness;
  #env: Record<string, string> = {};

  constructor(harness: ProgramHarness, org: string, phone: string) {
    this.#harness = harness;
    this.org = org;
    this.phone = phone;
  }
  static async open(url: string, org: string, n: number, env: Record<string, string> = {}): Promise<End> {
    const end = new End(await ProgramHarness.at(url), org, fictionalPhone(n));
    await seedCredentials(end.directory, { phone: end.phone, device: 1, name: org });
    end.#env = {
      WEBHOOK_URL: await end.hook.listen(),
      WEBHOOK_SECRET: secret,
      WEBHOOK_EVENTS: messageEvents,
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
      SEND_RATE_PER_MINUTE: '1000',
      SEND_RATE_BURST: '1000',
      SEND_RATE_NEW_PER_MINUTE: '1000',
      LOG_LEVEL: 'trace',
      ...env,
    };
    await end.start();
    return end;
  }
  get directory(): string {
    return this.#harness.org(this.org);
  }
  async start(): Promise<void> {
    this.program = this.#harness.start(this.#env);
    const client = await this.#harness.client(this.program);
    await client.reaches(this.org, 'connected');
  }
  async restart(): Promise<void> {
    await this.program.kill();
    await this.start();
  }
  async close(): Promise<void> {
    await this.#harness.close();
    await this.hook.close();
  }
  async call(method: string, params: object) {
    const answer = await fetch(`${await this.program.url()}/v1/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(params),
    });
    return { status: answer.status, body: (await answer.json()) as Posted['data'] };
  }
  send(to: End, body: string, idempotencyKey: string, over: object = {}) {
    return this.call('message.send', {
      orgId: this.org,
      to: to.phone,
      type: 'text',
      text: { body },
      idempotencyKey,
      ...over,
    });
  }
  /** What its webhook got, of a type. */
  posted(type: string): readonly Posted[] {
    return this.hook.got.map(({ body }) => JSON.parse(body) as Posted).filter((one) => one.type === type);
  }
  /** The texts that its webhook got, each event once: receivers drop a known id. */
  texts(): readonly string[] {
    const events = new Map(this.posted('message.received').map((one) => [one.id, one]));
    return [...events.values()].map(({ data }) => data.message.text?.body);
  }
  /** Resolves with the message once it has reached one of the states. */
  async settled(messageId: string, states: readonly string[]) {
    return until(`the message to be ${states.join(' or ')}`, async () => {
      const { body } = await this.call('message.get', { orgId: this.org, messageId });
      return states.includes(body.message?.state) ? body.message : undefined;
    });
  }
}

export const openTwoEnds = async (env: Record<string, string> = {}) => {
  const whatsapp = new FakeWhatsApp({ relay: true });
  const url = await whatsapp.listen();
  const acme = await End.open(url, 'acme', 1, env);
  const beta = await End.open(url, 'beta', 2, env);
  return {
    whatsapp,
    acme,
    beta,
    close: async () => {
      await Promise.all([acme.close(), beta.close()]);
      await whatsapp.close();
    },
  };
};
