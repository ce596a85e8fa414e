/**
 * The whole composition in the process of the test: real files in a directory of its own, the real control
 * API, and a receiver of webhooks. Only WhatsApp's sockets are played.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionFact } from '../../machines/domain/ports.ts';
import { type Replacements, startVigia, type Vigia } from '../../src/app/app.ts';
import type { Log, LogFields } from '../../src/base/log.ts';
import type { LogEvent } from '../../src/base/log-events.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import type { SocketOptions } from '../../src/whatsapp/socket.ts';
import { Client } from '../support/client.ts';
import { apiKey, hurriedPolicy } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';

export interface Line {
  readonly event: LogEvent;
  readonly [field: string]: unknown;
}
/** The waits of the alerts, in milliseconds: what takes minutes takes no time. */
const hurriedAlerts = { groupWaitMs: 50, groupIntervalMs: 50, settleMs: 500 };
interface Received {
  readonly path: string;
  readonly text: string;
}
interface PlayedSocket {
  readonly emit: (fact: ConnectionFact) => void;
  isDisposed: boolean;
}

export class World {
  readonly lines: Line[] = [];
  readonly received: Received[] = [];
  /** By the name in the credentials, the newest socket; a pairing has none and is `new`. */
  readonly sockets = new Map<string, PlayedSocket>();
  /** Called while a socket is disposed of. */
  onDispose: () => Promise<void> = async () => undefined;
  /** Called with every line, before it is kept: it may throw. */
  onLine: (line: Line) => void = () => undefined;
  readonly root: string;
  readonly #directory: string;
  readonly #receiver: Server;
  readonly #started: Vigia[] = [];
  readonly #clients: Client[] = [];

  private constructor(directory: string, receiver: Server) {
    this.#directory = directory;
    this.root = join(directory, 'auth_sessions');
    this.#receiver = receiver;
    receiver.on('request', (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      request.on('end', () => {
        this.received.push({ path: request.url ?? '', text });
        response.end();
      });
    });
  }
  static async open(...orgs: readonly string[]): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'vigia-app-'));
    const receiver = createServer();
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    const world = new World(directory, receiver);
    for (const [n, org] of orgs.entries())
      await seedCredentials(join(world.root, org), { phone: fictionalPhone(n + 1), device: 1, name: org });
    return world;
  }
  get receiverUrl(): string {
    return `http://127.0.0.1:${(this.#receiver.address() as AddressInfo).port}`;
  }
  /** `env: undefined` leaves a setting out. */
  async config(env: Readonly<Record<string, string | undefined>> = {}): Promise<Config> {
    await writeFile(join(this.#directory, 'policy.json'), JSON.stringify(hurriedPolicy));
    const settings = {
      AUTH_DIR: this.root,
      PORT: '0',
      API_KEY: apiKey,
      WHATSAPP_WS_URL: 'ws://127.0.0.1:1',
      SCAN_INTERVAL_MS: '1000',
      MAX_REQUESTS_PER_10_SECONDS: '100000',
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
      POLICY_FILE: 'policy.json',
      ...env,
    };
    const read = readConfig(
      Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
      () => JSON.stringify(hurriedPolicy),
    );
    if (!read.ok) throw new Error(read.problems.join('\n'));
    return read.config;
  }
  async start(
    over: Partial<Config> = {},
    replacements: Replacements = {},
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Vigia> {
    const read = await this.config(env);
    const config = { ...read, alerts: { ...read.alerts, ...hurriedAlerts }, ...over };
    const vigia = await startVigia(config, this.#log({}), { connect: this.#connect, ...replacements });
    this.#started.push(vigia);
    return vigia;
  }
  async client(vigia: Vigia): Promise<Client> {
    const client = await Client.connect(vigia.url, apiKey);
    this.#clients.push(client);
    return client;
  }
  logged(event: LogEvent): readonly Line[] {
    return this.lines.filter((line) => line.event === event);
  }
  async untilLogged(event: LogEvent): Promise<Line> {
    return until(`the line ${event}`, () => this.logged(event)[0]);
  }
  emit(org: string, fact: ConnectionFact): void {
    const socket = this.sockets.get(org);
    if (!socket) throw new Error(`${org} has no socket`);
    socket.emit(fact);
  }
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.onDispose = async () => undefined;
    await Promise.all(this.#started.map((vigia) => vigia.stop().catch(() => undefined)));
    this.#receiver.closeAllConnections();
    await new Promise((resolve) => void this.#receiver.close(resolve));
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  readonly #connect = ({ emit, store, pairing }: SocketOptions) => {
    const name = pairing ? 'new' : (store.auth.creds.me?.name ?? '');
    const socket: PlayedSocket = { emit, isDisposed: false };
    this.sockets.set(name, socket);
    if (!pairing)
      setImmediate(() => {
        emit({ type: 'connection.opened', account: { id: store.auth.creds.me?.id ?? '', name } });
        emit({ type: 'connection.caughtUp' });
      });
    return {
      ping: async () => emit({ type: 'connection.pinged', ok: true }),
      unlink: async () => emit({ type: 'connection.unlinked' }),
      dispose: async () => {
        await this.onDispose();
        socket.isDisposed = true;
      },
    };
  };
  #log(given: LogFields): Log {
    const write = (event: LogEvent, fields?: LogFields) => {
      const line: Line = { ...given, ...fields, event };
      this.onLine(line);
      this.lines.push(line);
    };
    return Object.assign(write, { child: (fields: LogFields) => this.#log({ ...given, ...fields }) });
  }
}

export const get = async ({ url }: Vigia, path: string, key = apiKey) => {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, text: await response.text() };
};
export const failingChecks = async (vigia: Vigia, path: string): Promise<readonly string[]> => {
  const { checks } = JSON.parse((await get(vigia, `${path}?verbose`)).text) as {
    checks: { name: string; status: string }[];
  };
  return checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
};
export const connected = async (vigia: Vigia, sessions = 2) =>
  until('all to be connected', () => vigia.counts().connected === sessions);
export const webhook = async (world: World) => {
  const { endpoints } = await world.config({
    WEBHOOK_URL: `${world.receiverUrl}/hook`,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    WEBHOOK_CHANGES: 'all',
  });
  return { endpoints };
};
export const hooked = (world: World) =>
  world.received
    .filter(({ path }) => path === '/hook')
    .map(({ text }) => JSON.parse(text) as { type: string; data: Record<string, unknown>; orgId?: string });
