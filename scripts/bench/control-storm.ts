/**
 * A server of the control benchmark, in a process of its own: the control API, or a bare broadcast that only
 * serialises and sends. Both get the same storm, at the pace of the slowest live client: a few changes a
 * turn, and never more than `ahead` events before it.
 */

import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import type { SessionView } from '../../machines/domain/view.ts';
import { logEvents } from '../../src/base/log-events.ts';
import { createFeed } from '../../src/control/feed/feed.ts';
import type { ControlLog, PairingLinks } from '../../src/control/port.ts';
import { sessionOf } from '../../src/control/rpc/translate.ts';
import { openControlServer } from '../../src/control/server.ts';
import { openKeys } from '../../src/keys/accepted-keys.ts';
import { administrationOf } from '../../src/keys/administration.ts';
import type { KeyStore } from '../../src/keys/stored-keys.ts';
import { viewOf } from '../../test/control/views.ts';
import { noMessages } from './no-messages.ts';

export type ServerMessage =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'over'; readonly ms: number; readonly connections: number };
export type ServerCommand =
  | {
      readonly type: 'storm';
      readonly events: number;
      readonly ahead: number;
      readonly perTurn: number;
      readonly live: number;
    }
  | { readonly type: 'seen'; readonly seq: number };
interface Contender {
  readonly url: string;
  /** One change of this session, to every subscriber. */
  readonly change: (view: SessionView) => void;
  readonly connections: () => number;
}

const [, , name = '', sessions = '1000', key = ''] = process.argv;
const views = Array.from({ length: Number(sessions) }, (_, n) => viewOf(String(n + 1)));

/** The storm uses no link. */
const noLinks: PairingLinks = {
  create: async () => undefined,
  list: async () => [],
  revoke: async () => false,
  enter: async () => ({ kind: 'unknown' }),
  attemptOf: () => undefined,
  start: async () => ({ kind: 'unknown' }),
};

const vigia = async (): Promise<Contender> => {
  const store: KeyStore = {
    read: async () => undefined,
    update: async (change) => (await change(undefined)).answer,
  };
  const opened = await openKeys(store, { apiKey: key });
  if (!opened.ok) throw new Error(opened.message);
  const feed = createFeed();
  const byOrg = new Map(views.map((view) => [view.org, view]));
  const onlyErrors: ControlLog = (event, fields) => {
    if (logEvents[event].level === 'error') console.error(event, fields);
  };
  const server = await openControlServer({
    host: '127.0.0.1',
    port: 0,
    behindTlsProxy: false,
    allowedHosts: [],
    allowedOrigins: [],
    keys: opened.keys,
    keyAdministration: administrationOf(store, opened.keys),
    links: noLinks,
    feed,
    supervision: {
      list: () => [...byOrg.values()],
      get: (org) => byOrg.get(org),
      command: async (org) => {
        const session = byOrg.get(org);
        return session
          ? { ok: true, session, changed: false, durable: true }
          : { ok: false, kind: 'not_found' };
      },
      isSaved: () => true,
      pairingOf: () => undefined,
      draining: () => false,
    },
    history: { page: () => ({ items: [], next: null }) },
    alerts: { list: () => [], silence: async () => undefined },
    webhooks: { newest: () => [], redeliver: async () => undefined, test: async () => undefined },
    messages: noMessages,
    health: { live: () => [], ready: () => [] },
    limits: {
      maxConnectionsPerKey: 500,
      maxConnectionsPerAddress: 500,
      maxRequestsPer10Seconds: 100_000,
      requestBurst: 100_000,
    },
    log: onlyErrors,
    server: { version: '0', startedAt: Date.now(), database: () => 'durable', settings: [] },
  });
  return {
    url: server.url,
    change: (view) => {
      byOrg.set(view.org, view);
      feed.publish({
        type: 'session.updated',
        org: view.org,
        view,
        previousState: 'connected',
        cause: 'connection.closed',
        durable: true,
      });
    },
    connections: server.connections,
  };
};

const bare = async (): Promise<Contender> => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const { id } = JSON.parse((data as Buffer).toString()) as { id: number };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
    });
  });
  let seq = 0;
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    change: (view) => {
      seq += 1;
      const data = {
        session: sessionOf(view),
        previousState: 'connected',
        cause: 'connection.closed',
        durable: true,
      };
      const params = {
        id: `evt_${seq}`,
        type: 'session.updated',
        timestamp: new Date().toISOString(),
        orgId: view.org,
        seq,
        data,
      };
      const frame = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'event', params })); // once, for all
      for (const client of server.clients) client.send(frame, { binary: false });
    },
    connections: () => server.clients.size,
  };
};

const contender = await (name === 'vigia' ? vigia() : bare());
const send = (message: ServerMessage) => process.send?.(message);
/** A client that does not read is noticed within 10 s, and its close may take 2 s. */
const cutWithinMs = 20_000;
let seen = 0;
const storm = ({ events, ahead, perTurn, live }: Extract<ServerCommand, { type: 'storm' }>) => {
  const startedAt = performance.now();
  let published = 0;
  const turn = () => {
    for (let n = 0; n < perTurn && published < events && published - seen < ahead; n += 1) {
      published += 1;
      const view = views[published % views.length] as SessionView;
      const isUp = published % (2 * views.length) < views.length;
      const next = {
        ...view,
        revision: published,
        since: Date.now(),
        state: isUp ? 'connected' : 'retrying',
      } as const;
      contender.change({ ...next, liveness: isUp ? 'healthy' : null });
    }
    if (seen < events) return void setImmediate(turn);
    const ms = performance.now() - startedAt;
    const cut = async () => {
      for (
        const deadline = Date.now() + cutWithinMs;
        contender.connections() > live && Date.now() < deadline;
      )
        await wait(50);
      send({ type: 'over', ms, connections: contender.connections() });
    };
    void cut();
  };
  turn();
};
process.on('message', (command: ServerCommand) => {
  if (command.type === 'storm') storm(command);
  else seen = command.seq;
});
process.on('disconnect', () => process.exit(0));
send({ type: 'listening', url: contender.url });
