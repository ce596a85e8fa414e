/** A WebSocket that the test controls, and the frames that a server would send over it. */
import type { SocketConstructor } from '../../src/client/client.ts';

export const heartbeatMs = 25_000;
type Loose = {
  readonly id?: number | string;
  readonly method: string;
  readonly params: Record<string, unknown>;
};

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
  sends(frame: object | string): void {
    this.onmessage?.({
      data: typeof frame === 'string' ? frame : JSON.stringify({ jsonrpc: '2.0', ...frame }),
    } as never);
  }
  ends(code: number): void {
    this.onclose?.({ code } as never);
  }
  last(method: string): Loose {
    const found = this.sent.findLast((frame) => frame.method === method);
    if (!found) throw new Error(`no ${method} among ${this.sent.map((f) => f.method).join(', ')}`);
    return found;
  }
  /** Opens the socket and accepts the client. */
  accepts(limits: object = {}): void {
    this.opens();
    const { id } = this.last('initialize');
    this.sends({
      id,
      result: { heartbeatMs, limits: { maxInFlight: 32, ...limits }, principal: { keyId: 'k' } },
    });
  }
  answers(method: string, result: object): void {
    this.sends({ id: this.last(method).id, result });
  }
  refuses(method: string, reason: string, retryable = false): void {
    this.sends({
      id: this.last(method).id,
      error: { code: -32000, message: 'A message.', data: { reason, retryable, requestId: 'r_1' } },
    });
  }
  event(seq: number, type: string, orgId: string | null, data: object = {}): void {
    this.sends({
      method: 'event',
      params: { id: `evt_${seq}`, type, timestamp: '2026-11-24T03:40:00.000Z', orgId, seq, data },
    });
  }
  heartbeat(epoch: string, seq: number): void {
    this.sends({
      method: 'heartbeat',
      params: { time: '2026-11-24T03:40:00.000Z', position: { epoch, seq } },
    });
  }
}

/** Every socket that the client opened, the newest last. */
export const fakeSockets = () => {
  const sockets: FakeSocket[] = [];
  class Listed extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  return {
    sockets,
    WebSocket: Listed as unknown as SocketConstructor,
    now: () => sockets.at(-1) as FakeSocket,
  };
};
