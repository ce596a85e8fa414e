/** An organization that sends with the real client through our socket, and what its door received. */
import type { AuthenticationCreds } from '@whiskeysockets/baileys';
import { afterEach, beforeEach, expect } from 'vitest';
import type { ConnectionFact } from '../../../machines/domain/ports.ts';
import { createFairQueue } from '../../../src/base/fair-queue.ts';
import { createLimit } from '../../../src/base/limit.ts';
import { retryCounters } from '../../../src/whatsapp/caches.ts';
import { libraryLog } from '../../../src/whatsapp/library-log.ts';
import { type Deadlines, usualDeadlines } from '../../../src/whatsapp/messages/calls.ts';
import type { MessageDoor, SendContent, Sender, SentUpdate } from '../../../src/whatsapp/messages/port.ts';
import type { ProxyRoute } from '../../../src/whatsapp/proxy.ts';
import { openSocket, type Socket } from '../../../src/whatsapp/socket.ts';
import type { Store } from '../../../src/whatsapp/store/types.ts';
import { until } from '../../support/until.ts';
import { trustTestRoot } from '../../support/whatsapp/certificate.ts';
import { pairedCredentials } from '../../support/whatsapp/credentials.ts';
import { memoryKeys } from '../../support/whatsapp/real-client.ts';
import { phoneJid } from '../../support/whatsapp/relay/address.ts';
import { FakeWhatsApp } from '../../support/whatsapp/server.ts';
import { attr } from '../../support/whatsapp/stanza.ts';
import { organizations, Peer } from '../../support/whatsapp/two-organizations.ts';

export interface OrganizationOptions {
  readonly phone: string;
  readonly proxy?: ProxyRoute;
  /** Other deadlines than the usual ones. */
  readonly deadlines?: Partial<Deadlines>;
  /** Called before an update counts as durable. */
  readonly durable?: (update: SentUpdate) => Promise<void>;
}

let messages = 0;
/** The form that the library gives its ids. */
export const newId = (): string => `3EB0${(messages += 1).toString(16).padStart(18, '0').toUpperCase()}`;

export class Organization {
  readonly phone: string;
  readonly creds: AuthenticationCreds;
  readonly keys = memoryKeys();
  readonly updates: SentUpdate[] = [];
  readonly facts: ConnectionFact[] = [];
  readonly restrictions: ({ readonly until: number | null } | null)[] = [];
  /** Everything that was logged, as text. */
  readonly logged: string[] = [];
  /** What the durable rows hold, by id. */
  readonly contents = new Map<string, Uint8Array>();
  socket!: Socket;
  questions = 0;
  readonly #url: string;
  readonly #options: OrganizationOptions;

  constructor(url: string, options: OrganizationOptions) {
    this.phone = options.phone;
    this.creds = pairedCredentials({ phone: options.phone });
    this.#url = url;
    this.#options = options;
  }
  static async open(url: string, options: OrganizationOptions): Promise<Organization> {
    const organization = new Organization(url, options);
    await organization.connect();
    return organization;
  }

  get sender(): Sender {
    const sender = this.socket.sender?.();
    if (!sender) throw new Error('the socket has no sender');
    return sender;
  }
  get jid(): string {
    return phoneJid(this.phone);
  }

  async connect(): Promise<void> {
    const { facts, keys, creds } = this;
    const before = facts.length;
    const report = (event: string, error: unknown) => this.logged.push(`${event} ${String(error)}`);
    this.socket = openSocket({
      settings: {
        auth: { creds, keys },
        version: [2, 3000, 1],
        logger: libraryLog((level, text) => this.logged.push(`${level} ${text}`)),
        retries: retryCounters(),
        url: this.#url,
        proxy: this.#options.proxy,
      },
      store: {
        kind: 'store',
        auth: { creds, keys },
        saveCreds: () => undefined,
        fence: () => undefined,
        drained: async () => 'durable',
        backUp: async () => undefined,
      } as unknown as Store,
      sending: {
        org: 'acme',
        door: this.#door(),
        uploads: createLimit(16),
        mayAskForRestriction: () => (this.questions += 1) === 1,
        proxy: this.#options.proxy,
        isOtherServer: true,
        deadlines: { ...usualDeadlines, ...this.#options.deadlines },
        now: Date.now,
        log: (event) => this.logged.push(event),
        report,
      },
      pairingMs: 1,
      pingDeadlineMs: 10_000,
      deafMs: 300_000,
      isHeld: () => false,
      now: Date.now,
      queue: createFairQueue(),
      emit: (fact) => facts.push(fact),
      report,
    });
    const has = (one: ConnectionFact['type']) => facts.slice(before).some(({ type }) => type === one);
    await until('the backlog', () => has('connection.opened') && has('connection.caughtUp'));
  }
  /** Sends as the queue does: devices first, then the row, then the stanza. */
  async send(jid: string, content: SendContent, whatsappId = newId()): Promise<string> {
    const devices = await this.sender.devicesOf(jid);
    if (devices === 0) throw new Error('the recipient cannot be reached');
    const encoded = await this.sender.encode(content);
    this.contents.set(whatsappId, encoded);
    await this.sender.transmit({ whatsappId, jid, encoded, type: content.type });
    return whatsappId;
  }
  text(jid: string, body: string): Promise<string> {
    return this.send(jid, { type: 'text', text: { body } });
  }
  /** The first update of a message with this state, past or coming. */
  update(whatsappId: string, state: SentUpdate['state']): Promise<SentUpdate> {
    return until(`the state ${state}`, () =>
      this.updates.find((update) => update.whatsappId === whatsappId && update.state === state),
    );
  }

  #door(): MessageDoor {
    return {
      isWanted: () => false,
      find: async () => undefined,
      take: async () => undefined,
      unreadable: () => undefined,
      sentContent: async (_, id) => this.contents.get(id),
      updated: async (_, update) => {
        await this.#options.durable?.(update);
        this.updates.push(update);
      },
      restricted: (_, restriction) => void this.restrictions.push(restriction),
    };
  }
}

export const { acme: a, bistro: b } = organizations;
/** Text of messages that no log may hold. */
export const planted = 'a word that no log may hold';
/** The error of a call that has to fail; undefined when it does not. */
export const faultOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** For each test: a server that relays, Acme with our socket, and Bistro with bare Baileys. */
export const useSending = () => {
  let distrust: () => void;
  const harness = {
    server: undefined as unknown as FakeWhatsApp,
    acme: undefined as unknown as Organization,
    bistro: undefined as unknown as Peer,
    /** The stanza of a message. A send resolves when it is written, which is before the server has it. */
    stanzaOf: (id: string) =>
      until('the stanza', () =>
        harness.server.relay.ledger.stanzas('message', a.phone).find((one) => attr(one, 'id') === id),
      ),
  };
  beforeEach(async () => {
    distrust = trustTestRoot();
    harness.server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
    const url = await harness.server.listen();
    const acme = Organization.open(url, { phone: a.phone });
    [harness.acme, harness.bistro] = await Promise.all([acme, Peer.connect(url, b)]);
  });
  afterEach(async () => {
    await Promise.all([harness.acme.socket.dispose(), harness.bistro.end()]);
    await harness.server.close();
    distrust();
    const log = harness.acme.logged.join('\n');
    for (const secret of [planted, b.phone]) expect(log).not.toContain(secret);
  });
  return harness;
};
