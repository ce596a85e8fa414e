/** A control client of the tests' own: plain JSON-RPC over `ws`, knowing nothing but the protocol's page. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from './until.ts';

export interface Session {
  readonly orgId: string;
  readonly state: string;
  readonly desired: string;
  readonly credentials: string;
  readonly liveness: string | null;
  readonly revision: number;
  readonly attempt: number;
  readonly nextRetryAt: string | null;
  readonly lastError: {
    readonly reason: string;
    readonly message: string;
    readonly statusCode?: number;
  } | null;
  readonly account: { readonly id: string } | null;
  readonly pairing: { readonly id: string } | null;
}
export interface Event {
  readonly type: string;
  readonly orgId: string;
  readonly seq: number;
  readonly data: Record<string, unknown> & {
    readonly session?: Session;
    readonly status?: string;
    readonly qr?: string;
    readonly code?: string;
  };
}
interface Frame {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Event;
  readonly result?: Record<string, unknown>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data: { readonly reason: string; readonly retryAfterMs?: number };
  };
}

export class RpcError extends Error {
  readonly reason: string;
  constructor(message: string, reason: string) {
    super(message);
    this.reason = reason;
  }
}

export class Client {
  readonly events: Event[] = [];
  /** Once it is closed. */
  closeCode: number | undefined;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (frame: Frame) => void>();
  private next = 1;

  private constructor(url: string, key: string) {
    this.socket = new WebSocket(url.replace('http', 'ws').replace(/\/?$/, '/v1').replace('/v1/v1', '/v1'), {
      headers: { authorization: `Bearer ${key}` },
    });
    this.socket.on('error', () => {}); // the calls that wait are answered by `close`
    this.socket.on('message', (data: Buffer) => this.onMessage(JSON.parse(data.toString('utf8')) as Frame));
    this.socket.on('close', (code) => {
      this.closeCode = code;
      for (const answer of this.waiting.values())
        answer({ error: { code, message: `connection closed (${code})`, data: { reason: 'closed' } } });
      this.waiting.clear();
    });
  }
  static async connect(url: string, key: string): Promise<Client> {
    const client = new Client(url, key);
    await once(client.socket, 'open'); // rejects when the upgrade is refused
    await client.call('initialize', { protocolVersion: '1.0', client: { name: 'tests', version: '1' } });
    await client.call('subscribe', { topics: ['sessions', 'pairing'] });
    return client;
  }
  private onMessage(frame: Frame): void {
    if (frame.method === 'event' && frame.params) this.events.push(frame.params);
    if (frame.id !== undefined) {
      this.waiting.get(frame.id)?.(frame);
      this.waiting.delete(frame.id);
    }
  }
  /** Told to be slower, it is. */
  call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) => {
        if (result) return resolve(result);
        if (error?.data.retryAfterMs)
          return void setTimeout(() => resolve(this.call(method, params)), error.data.retryAfterMs);
        reject(new RpcError(error?.message ?? 'no answer', error?.data.reason ?? 'none'));
      });
      this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }
  async sessions(): Promise<Session[]> {
    const { items } = (await this.call('session.list', { limit: 500 })) as { items: Session[] };
    return items;
  }
  async get(orgId: string): Promise<Session | undefined> {
    try {
      return (await this.call('session.get', { orgId }))['session'] as Session;
    } catch (error) {
      if (error instanceof RpcError && error.reason === 'not_found') return undefined;
      throw error;
    }
  }
  /** Waits for a state, or a state with its reason: `failed(revoked)`. */
  async reaches(orgId: string, wanted: string, withinMs?: number): Promise<Session> {
    let seen = 'nothing';
    return until(
      `${orgId} to be ${wanted}`,
      async () => {
        const session = await this.get(orgId);
        seen = session
          ? `${session.state}${session.lastError ? `(${session.lastError.reason})` : ''}`
          : 'not there';
        return session && (session.state === wanted || seen === wanted) ? session : undefined;
      },
      withinMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; last seen: ${seen}`);
    });
  }
  async event(what: string, matches: (e: Event) => boolean): Promise<Event> {
    return until(what, () => this.events.find(matches));
  }
  close(): void {
    this.socket.terminate();
  }
}
