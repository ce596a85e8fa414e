/**
 * A client of the control API that checks every frame it receives: against the published JSON Schemas, as any
 * client could, and more strictly against the registry: a frame has no undeclared member.
 */
import { expect, vi } from 'vitest';
import { WebSocket } from 'ws';
import { EventFrame, Failure, Heartbeat, Success } from '../../src/protocol/envelope.ts';
import { errors } from '../../src/protocol/errors.ts';
import { events } from '../../src/protocol/events.ts';
import { type MethodName, methods } from '../../src/protocol/methods.ts';
import { schemas } from '../support/schemas.ts';

export interface ConnectOptions {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly protocols?: string[];
}
// biome-ignore lint/suspicious/noExplicitAny: tests read answers whose shape the registry has just confirmed
type Loose = any;
const pollMs = 5;
const patienceMs = 10_000;

const contract = schemas();

export class Client {
  readonly socket: WebSocket;
  readonly frames: Loose[] = [];
  /** Violations of the published schemas. The harness expects none when it stops. */
  readonly faults: string[] = [];
  readonly #asked = new Map<unknown, string>();
  readonly closed: Promise<number>;
  /** The HTTP status and body when the upgrade was rejected. */
  readonly refused: Promise<{ status: number | undefined; body: string }>;
  #lastId = 0;

  constructor(url: string, { path = '/v1', headers = {}, protocols = [] }: ConnectOptions) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
    this.socket.on('error', () => undefined); // a rejected upgrade; the test reads `refused` or `closed`
    this.socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString('utf8'));
      this.faults.push(...contract.faults(this.#schemaOf(frame), frame));
      this.frames.push(frame);
    });
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.refused = new Promise((resolve) =>
      this.socket.on('unexpected-response', (_, response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      }),
    );
  }

  #schemaOf(frame: Loose): string {
    if (frame.method === 'event') return `event.${frame.params.type}`;
    if (frame.method !== undefined) return 'Heartbeat';
    if ('error' in frame) return 'Failure';
    const method = this.#asked.get(frame.id);
    return method === undefined ? 'ServerFrame' : `${method}.response`;
  }
  async open(): Promise<this> {
    await vi.waitFor(() => expect(this.socket.readyState).toBe(WebSocket.OPEN), {
      interval: pollMs,
      timeout: patienceMs,
    });
    return this;
  }
  async send(text: string | Buffer): Promise<void> {
    await this.open();
    this.socket.send(text);
  }
  /** Resolves with the first frame that fits, once it has arrived. */
  async frame(fits: (frame: Loose) => boolean): Promise<Loose> {
    return vi.waitFor(
      () => {
        const found = this.frames.find(fits);
        if (found === undefined) throw new Error(`no such frame among ${this.frames.length}`);
        return found;
      },
      { interval: pollMs, timeout: patienceMs },
    );
  }
  async #ask(method: string, params: unknown): Promise<Loose> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#asked.set(id, method);
    await this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return this.frame((frame) => frame.id === id);
  }
  /** The result, of exactly the shape that the registry declares. */
  async request(method: MethodName, params: unknown = {}): Promise<Loose> {
    const answer = await this.#ask(method, params);
    expect(answer).toEqual(Success.parse(answer));
    expect(answer.result).toEqual(methods[method].result.parse(answer.result));
    return answer.result;
  }
  /** The error, as its table has it. */
  async fails(method: string, params: unknown = {}): Promise<Loose> {
    return checkFailure(await this.#ask(method, params));
  }
  /** The error that answers a frame which has no usable id. */
  async failsWith(text: string): Promise<Loose> {
    const before = this.frames.length;
    await this.send(text);
    const answer = await this.frame((frame) => this.frames.indexOf(frame) >= before && 'error' in frame);
    return { ...checkFailure(answer), id: answer.id };
  }
  /** The params of the events so far, each of exactly the shape that the registry declares. */
  get events(): Loose[] {
    return this.frames
      .filter((frame) => frame.method === 'event')
      .map((frame) => {
        const { params } = EventFrame.parse(frame);
        expect(frame.params).toEqual(params);
        expect(params.data).toEqual(events[params.type].data.parse(params.data));
        return params;
      });
  }
  async heartbeat(): Promise<Heartbeat> {
    return Heartbeat.parse(await this.frame((frame) => frame.method === 'heartbeat'));
  }
  /** Resolves when everything that was sent before has arrived: frames keep their order. */
  async caughtUp(): Promise<void> {
    await this.request('ping');
  }
}

const checkFailure = (answer: Loose): Loose => {
  const { error } = Failure.parse(answer);
  const { code, retryable } = errors[error.data.reason];
  expect(error).toMatchObject({ code, data: { retryable } });
  expect(error.data.requestId).toMatch(/^r_/);
  expect(error.message).toMatch(/[.!]$/);
  return error;
};
