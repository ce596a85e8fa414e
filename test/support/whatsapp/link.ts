import type { Socket } from 'node:net';
import { deflateSync } from 'node:zlib';
import { WebSocket } from 'ws';
import type { SessionFault } from './faults.ts';
import { bomb } from './flood.ts';
import { ServerNoise } from './noise.ts';
import { encodeStanza, node, type Stanza } from './stanza.ts';

/**
 * WhatsApp closes the TCP connection right behind a `<stream:error>` or `<failure>`; the pause lets the
 * client read it first.
 */
const closeAfterLastWordMs = 100;

/**
 * One WebSocket of a client with its Noise stream: what goes over the wire, without knowing what it means.
 */
export class Link {
  readonly noise: ServerNoise;
  #endedByServer = false;
  #endedByClient = false;
  #frozen = false;
  readonly #ws: WebSocket;
  readonly #tcp: Socket;
  readonly #delayMs: () => number;

  constructor(ws: WebSocket, tcp: Socket, delayMs: () => number, chain: () => Uint8Array) {
    this.noise = new ServerNoise(chain);
    this.#ws = ws;
    this.#tcp = tcp;
    this.#delayMs = delayMs;
    const ended = (): void => {
      this.#endedByClient ||= !this.#endedByServer;
    };
    tcp.once('end', ended).once('close', ended).on('error', ended);
    // A reset peer or a broken frame is the end of this connection and nothing else: 'close' follows and
    // tells the server.
    ws.on('error', ended);
  }

  /**
   * Neither side has ended it: no FIN, reset or close frame from the client, no last word from the server.
   */
  get alive(): boolean {
    return !this.#endedByClient && !this.#endedByServer && this.#ws.readyState === WebSocket.OPEN;
  }

  get tcpOpen(): boolean {
    return !this.#tcp.destroyed;
  }

  /**
   * Sends bytes, after the server's answer delay. They are made when they are sent, because sealing counts
   * frames.
   */
  send(bytes: () => Uint8Array): void {
    const delayMs = this.#delayMs();
    const now = (): void => {
      if (!this.#frozen && this.#ws.readyState === WebSocket.OPEN) this.#ws.send(bytes());
    };
    if (delayMs > 0) setTimeout(now, delayMs);
    else now();
  }

  sendStanza(stanza: Stanza): void {
    this.send(() => this.noise.encrypt(encodeStanza(stanza)));
  }

  /** A stanza after which the stream is over: the server closes behind it. */
  lastWord(stanza: Stanza): void {
    this.sendStanza(stanza);
    this.#endedByServer = true;
    if (this.#frozen) return;
    setTimeout(() => this.#ws.close(), this.#delayMs() + closeAfterLastWordMs).unref();
  }

  cut(how: 'reset' | 'fin' | 'close'): void {
    this.#endedByServer = true;
    if (how === 'reset') this.#tcp.resetAndDestroy();
    else if (how === 'fin') this.#tcp.end();
    else this.#ws.close();
  }

  /**
   * From here on the client talks into a black hole. The bytes are read and thrown away, which the client
   * cannot tell from a dead network, because its FIN would otherwise go unseen and a later login of the
   * device would be counted as a double one.
   */
  freeze(): void {
    this.#frozen = true;
    this.#tcp.removeAllListeners('data').removeAllListeners('end');
    this.#tcp.on('data', () => undefined);
    this.#tcp.once('end', () => {
      this.#endedByClient = true;
      this.#tcp.destroy();
    });
  }

  garbage(what: Extract<SessionFault, { kind: 'garbage' }>['what']): void {
    const whole = encodeStanza(
      node('ib', {}, [node('offline', { count: '0' }), node('dirty', { type: 'groups' })]),
    );
    const frames: Record<typeof what, () => Uint8Array> = {
      undecryptable: () => this.noise.undecryptable(),
      truncated: () => this.noise.encrypt(whole.subarray(0, whole.length - 4)),
      'bad-zlib': () =>
        this.noise.encrypt(Buffer.concat([Buffer.from([2]), deflateSync(whole).subarray(2, 8)])),
      bomb: () => this.noise.encrypt(bomb(2 ** 31)),
    };
    this.send(frames[what]);
  }

  destroy(): void {
    this.#endedByServer = true;
    this.#tcp.destroy();
  }
}
