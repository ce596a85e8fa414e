/**
 * The control API on a free port of loopback, with a stub for the rest of the program and a log that the test
 * can read.
 */

import { expect } from 'vitest';
import type { SessionCommand } from '../../machines/domain/commands.ts';
import type { PairingUpdate, SessionView } from '../../machines/domain/view.ts';
import { linksPort } from '../../src/app/links.ts';
import { type LogEvent, logEvents } from '../../src/base/log-events.ts';
import { shownSettings } from '../../src/config/shown.ts';
import { createFeed } from '../../src/control/feed/feed.ts';
import type { Check } from '../../src/control/http/health.ts';
import type { CommandAnswer, ControlLog, LogFields, Supervision } from '../../src/control/port.ts';
import { type ControlOptions, openControlServer } from '../../src/control/server.ts';
import { openKeys } from '../../src/keys/accepted-keys.ts';
import { administrationOf } from '../../src/keys/administration.ts';
import type { KeyStore } from '../../src/keys/stored-keys.ts';
import { printLinks } from '../../src/links/link.ts';
import { openLinks } from '../../src/links/links.ts';
import type { Alert } from '../../src/protocol/alerts.ts';
import type { Delivery } from '../../src/protocol/methods/webhooks.ts';
import { Client, type ConnectOptions } from './client.ts';
import { messagesStub } from './messages-stub.ts';
import { storedKeys, storedLink } from './stored.ts';
import { at, viewOf } from './views.ts';

export { at, viewOf };

export const adminKey = 'an-admin-key-of-the-tests';
export const alertLike = (over: Partial<Alert> = {}): Alert => ({
  fingerprint: 'f-1',
  name: 'SessionLoggedOut',
  severity: 'critical',
  status: 'firing',
  orgId: 'acme',
  labels: { reason: 'revoked' },
  summary: 'Something happened.',
  action: 'Do something about it.',
  startsAt: new Date(at).toISOString(),
  endsAt: null,
  silencedUntil: null,
  ...over,
});

export const deliveryLike = (over: Partial<Delivery> = {}): Delivery => ({
  id: 'django/evt_1',
  endpoint: 'django',
  messageId: 'evt_1',
  type: 'session.updated',
  status: 'pending',
  attempts: 1,
  createdAt: new Date(at).toISOString(),
  nextAttemptAt: new Date(at).toISOString(),
  doneAt: null,
  lastStatus: 500,
  lastError: 'http_500',
  ...over,
});

export interface Logged {
  readonly level: string;
  readonly fields: LogFields;
  readonly event: LogEvent;
}
type Script = (org: string, command: SessionCommand) => CommandAnswer | Promise<CommandAnswer>;

/** The options of the control API with stubs for its ports. Nothing is opened. */
export const createHarness = async (
  over: Partial<ControlOptions> = {},
  views: readonly SessionView[] = [viewOf('acme'), viewOf('beta')],
) => {
  const logged: Logged[] = [];
  const log: ControlLog = (event, fields) =>
    void logged.push({ level: logEvents[event].level, event, fields });
  const sessions = new Map(views.map((view) => [view.org, view]));
  const stub = {
    draining: false,
    live: [{ name: 'supervisor', status: 'pass' }] as Check[],
    ready: [{ name: 'scan', status: 'pass' }] as Check[],
    commands: [] as { org: string; command: SessionCommand }[],
    pairings: new Map<string, PairingUpdate>(),
    /** Organizations whose record the disk refused. */
    unsaved: new Set<string>(),
    alerts: new Map<string, Alert>(),
    deliveries: [deliveryLike()],
    tests: new Map([['django', { status: 200, error: null, durationMs: 12 }]]),
    silence: (fingerprint: string, until: number | null): Alert | undefined => {
      const alert = stub.alerts.get(fingerprint);
      if (!alert) return undefined;
      const silenced = { ...alert, silencedUntil: until === null ? null : new Date(until).toISOString() };
      stub.alerts.set(fingerprint, silenced);
      return silenced;
    },
    answer: ((org) => {
      const session = sessions.get(org);
      return session ? { ok: true, session, changed: true, durable: true } : { ok: false, kind: 'not_found' };
    }) as Script,
  };
  const supervision: Supervision = {
    list: () => [...sessions.values()],
    get: (org) => sessions.get(org),
    command: async (org, command) => {
      stub.commands.push({ org, command });
      return stub.answer(org, command);
    },
    isSaved: (org) => !stub.unsaved.has(org),
    pairingOf: (org) => stub.pairings.get(org),
    draining: () => stub.draining,
  };
  const { store } = memoryKeys(storedKeys);
  const links = await openLinks({
    read: async () => Buffer.from(printLinks([storedLink])),
    write: async () => undefined,
    now: () => at,
    view: supervision.get,
    pair: async () => ({ ok: true, pairingId: 'pair-1' }),
    cancel: async () => undefined,
    onEnd: () => undefined,
  });
  const opened = await openKeys(store, { apiKey: adminKey, now: () => at });
  if (!opened.ok) throw new Error(opened.message);
  const feed = over.feed ?? createFeed({ now: () => at });
  const options: ControlOptions = {
    host: '127.0.0.1',
    port: 0,
    behindTlsProxy: false,
    allowedHosts: [],
    allowedOrigins: [],
    keys: opened.keys,
    keyAdministration: administrationOf(store, over.keys ?? opened.keys, () => at),
    feed,
    supervision,
    history: { page: () => ({ items: [], next: null }) },
    alerts: {
      list: () => [...stub.alerts.values()],
      silence: async (fingerprint, until) => stub.silence(fingerprint, until),
    },
    webhooks: {
      newest: ({ limit, status, after }) => {
        const key = ({ createdAt, id }: (typeof stub.deliveries)[number]) => `${createdAt} ${id}`;
        return stub.deliveries
          .filter((one) => (status === undefined || one.status === status) && (!after || key(one) < after))
          .sort((a, b) => (key(a) < key(b) ? 1 : -1))
          .slice(0, limit);
      },
      redeliver: async (id) => stub.deliveries.find((one) => one.id === id),
      test: async (name) => stub.tests.get(name),
    },
    messages: messagesStub(),
    links: linksPort(links, 'https://vigia.example', () => ''),
    health: { live: () => [...stub.live], ready: () => [...stub.ready] },
    log,
    server: {
      version: '0.1.0',
      startedAt: at,
      database: () => 'durable',
      settings: shownSettings({ LOG_LEVEL: 'warn' }).slice(),
    },
    now: () => at,
    ...over,
    // A test of the limits sets its own.
    limits: { maxRequestsPer10Seconds: 1_000_000, requestBurst: 100_000, ...over.limits },
  };
  return { options, feed, sessions, stub, logged };
};

export const startHarness = async (...setup: Parameters<typeof createHarness>) => {
  const { options, ...parts } = await createHarness(...setup);
  const server = await openControlServer(options);
  const clients: Client[] = [];
  const connect = (options: ConnectOptions = {}): Client => {
    const client = new Client(server.url, options);
    clients.push(client);
    return client;
  };
  return {
    ...parts,
    server,
    connections: () => server.connections(),
    /** A client that has sent nothing yet. */
    connect,
    /** A client that has initialized. */
    initialized: async (apiKey: string = adminKey): Promise<Client> => {
      const client = connect();
      await client.request('initialize', {
        protocolVersion: '1.0',
        apiKey,
        client: { name: 'test', version: '1' },
      });
      return client;
    },
    stop: async () => {
      for (const client of clients) client.socket.terminate();
      await server.close();
      expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
    },
  };
};
export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** A file of keys in memory; `failing` makes the next change fail. */
export const memoryKeys = (text?: string) => {
  const file = { text, failing: false };
  const read = async () => (file.text === undefined ? undefined : Buffer.from(file.text));
  const store: KeyStore = {
    read,
    update: async (change) => {
      const { write, answer } = await change(await read());
      if (write !== undefined && file.failing) throw new Error('ENOSPC');
      if (write !== undefined) file.text = Buffer.from(write).toString();
      return answer;
    },
  };
  return { file, store };
};

/** Keys without a store: each name is the text of a key, and its value says what the key may do. */
export const limitedKeys = (
  principals: Readonly<Record<string, { scopes: readonly string[]; orgs: '*' | readonly string[] }>>,
) =>
  ({
    authenticate: (presented: string) => {
      const known = principals[presented];
      const principal = known && {
        keyId: presented,
        name: presented,
        scopes: [...known.scopes],
        orgs: known.orgs,
      };
      return principal && { keyId: presented, principal: () => principal };
    },
    firstKey: async () => undefined,
    refresh: async () => true,
    saveExpired: async () => undefined,
    onChange: () => () => undefined,
  }) as ControlOptions['keys'];
