/** A WebSocket in the hands of the test, and a server's words for it. Time is vitest's. */
import type { SocketConstructor } from '../../src/client/client.ts';

export const heartbeatMs = 25_000;
type Loose = { readonly id?: number | string; readonly method: string; readonly params: Record<string, unknown> };

export class FakeSocket {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  readonly url: string;
  readonly sent: Loose[] = [];
  closedWith: number | undefined;
  constructor(url: string) {
    this.url = url;
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Loose);
  }
  close(code = 1005): void {
    this.closedWith = code;
  }
  opens(): void {
    this.onopen?.({} as never);
  }
  says(frame: object | string): void {
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify({ jsonrpc: '2.0', ...frame }) } as never);
  }
  ends(code: number): void {
    this.onclose?.({ code } as never);
  }
  last(method: string): Loose {
    const found = this.sent.findLast((frame) => frame.method === method);
    if (!found) throw new Error(`no ${method} among ${this.sent.map((f) => f.method).join(', ')}`);
    return found;
  }
  /** Opens and accepts. */
  accepts(limits: object = {}): void {
    this.opens();
    const { id } = this.last('initialize');
    this.says({ id, result: { heartbeatMs, limits: { maxInFlight: 32, ...limits }, principal: { keyId: 'k' } } });
  }
  answers(method: string, result: object): void {
    this.says({ id: this.last(method).id, result });
  }
  refuses(method: string, reason: string, retryable = false): void {
    this.says({ id: this.last(method).id, error: { code: -32000, message: 'A sentence.', data: { reason, retryable, requestId: 'r_1' } } });
  }
  event(seq: number, type: string, orgId: string | null, data: object = {}): void {
    this.says({ method: 'event', params: { id: `evt_${seq}`, type, timestamp: '2026-11-24T03:40:00.000Z', orgId, seq, data } });
  }
  heartbeat(epoch: string, seq: number): void {
    this.says({ method: 'heartbeat', params: { time: '2026-11-24T03:40:00.000Z', position: { epoch, seq } } });
  }
}

/** Sockets as they are made, the newest last. */
export const switchboard = () => {
  const sockets: FakeSocket[] = [];
  class Listed extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  return { sockets, WebSocket: Listed as unknown as SocketConstructor, now: () => sockets.at(-1) as FakeSocket };
};
