/**
 * One simulated socket. It replaces `openSocket` of `src/whatsapp/socket.ts` and behaves like it: it reports
 * nothing after `dispose`, it reports a close after a successful pairing, and its connection is closed when
 * `dispose` resolves.
 */
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys';
import type { ConnectionFact, Org } from '../../machines/domain/ports.ts';
import { classify } from '../../src/sessions/credentials.ts';
import type { ConnectionEnd } from '../../src/whatsapp/classify.ts';
import type { Socket, SocketOptions } from '../../src/whatsapp/socket.ts';
import type { Rng } from './rng.ts';
import type { Device, WhatsApp } from './whatsapp.ts';

export interface SocketOwner {
  readonly org: Org;
  readonly mode: 'restore' | 'pair';
  readonly pairingId?: string;
}

const transportTimeoutMs = 20_000;
const terminateAfterMs = 2_000;
const fastestPingMs = 20;
const pingSpreadMs = 381;
const qrRefs = 6;
const qrLifeMs = (attempt: number) => (attempt === 1 ? 60_000 : 20_000);

export class SimulatedSocket implements Socket {
  readonly openedAt: number;
  isOpen = true;
  isLoggedIn = false;
  /** The peer is gone, and the connection was not closed. */
  isDead = false;
  /** It shows a QR that a person may scan. */
  isShowingQr = false;
  #current = true;
  #saved: Promise<unknown> = Promise.resolve();
  readonly owner: SocketOwner;
  readonly #wa: WhatsApp;
  readonly #o: SocketOptions;
  readonly #rng: Rng;

  constructor(whatsapp: WhatsApp, owner: SocketOwner, options: SocketOptions) {
    this.#wa = whatsapp;
    this.#o = options;
    this.owner = owner;
    this.#rng = whatsapp.rngOf(owner.org);
    this.openedAt = whatsapp.clock.mono;
    whatsapp.sockets.add(this);
    whatsapp.observer.opened(this);
    this.#dial();
  }

  /** Its session has not disposed of it. */
  get isCurrent(): boolean {
    return this.#current;
  }
  get jid(): string | undefined {
    return this.#o.store.auth.creds.me?.id;
  }
  get device(): Device | undefined {
    return this.#wa.devices.get(this.jid ?? '');
  }

  #emit(fact: ConnectionFact): void {
    if (this.#current) this.#o.emit(fact);
  }
  /** Runs something later, unless the connection has ended by then. */
  #after(ms: number, run: () => void): void {
    this.#wa.clock.add('simulation', ms, () => {
      if (this.isOpen) run();
    });
  }

  #dial(): void {
    const { condition } = this.#wa;
    if (condition === 'down')
      return this.#after(this.#rng.between(5, 60), () => this.end({ reason: 'network', statusCode: 408 }));
    if (condition === 'hanging') return;
    if (!this.#wa.reaches(this))
      return this.#after(transportTimeoutMs, () => this.end({ reason: 'timeout', statusCode: 408 }));
    this.#after(this.#rng.between(40, this.#wa.slowMs), () => this.#greet());
  }

  #greet(): void {
    if (!this.#wa.reaches(this))
      return this.#after(transportTimeoutMs, () => this.end({ reason: 'timeout', statusCode: 408 }));
    if (this.owner.mode === 'pair') return this.#showQr(1);
    const verdict = this.#wa.judge(this);
    if (verdict === 'qr')
      return this.#emit({
        type: 'connection.qr',
        qr: 'a QR without a command',
        attempt: 1,
        expiresAt: this.#o.now() + qrLifeMs(1),
      });
    if (verdict) return this.end(verdict);
    this.isLoggedIn = true;
    this.#wa.logIn(this);
    const early = this.#rng.happens(0.2);
    if (early) this.#emit({ type: 'connection.caughtUp' });
    this.#emit({ type: 'connection.opened', account: { id: this.jid ?? '', name: null } });
    if (!early && !(this.#wa.forgetsBacklog && this.#rng.happens(0.5)))
      this.#after(this.#rng.between(10, 3_000), () => this.#emit({ type: 'connection.caughtUp' }));
    this.write(1);
  }

  /**
   * The client library stops reporting messages. It reports again after the deafness was noticed `times`
   * times.
   */
  deafen(times: number): void {
    if (!this.isLoggedIn) return;
    this.#wa.observer.deafened(this);
    this.#emit({ type: times > 0 ? 'connection.deaf' : 'connection.heard' });
    if (times > 0) this.#after(this.#o.deafMs, () => this.deafen(times - 1));
  }

  /** Writes what a login, a message or a key renewal changes on the disk. */
  write(keys: number): void {
    const { store, report } = this.#o;
    const { creds } = store.auth;
    creds.nextPreKeyId += keys;
    store.saveCreds();
    const added = Object.fromEntries(
      Array.from({ length: keys }, (_, n) => [`${creds.nextPreKeyId - n}`, { public: [n], private: [n] }]),
    );
    const removed = creds.nextPreKeyId > 4 + keys ? { [`${creds.nextPreKeyId - 4 - keys}`]: null } : {};
    void store.auth.keys
      .set({ 'pre-key': { ...added, ...removed } } as never)
      .catch((error: unknown) => report('socket.listener_failed', error, { listener: 'keys' }));
  }

  #showQr(attempt: number): void {
    if (this.isLoggedIn) return;
    if (attempt > qrRefs) return this.end({ reason: 'pairing_expired', statusCode: 408 });
    this.isShowingQr = true;
    this.#emit({
      type: 'connection.qr',
      qr: `qr ${attempt}`,
      attempt,
      expiresAt: this.#o.now() + qrLifeMs(attempt),
    });
    this.#after(qrLifeMs(attempt), () => {
      if (this.isShowingQr) this.#showQr(attempt + 1);
    });
  }

  /** A phone scanned the QR. WhatsApp knows the device once our answer is sent, which waits for the disk. */
  scanned(jid: string, saysRestart: boolean): void {
    const { store } = this.#o;
    this.isShowingQr = false;
    Object.assign(store.auth.creds, {
      me: { id: jid, name: '~' },
      account: { details: Buffer.from('details'), accountSignatureKey: Buffer.from('key') },
    } satisfies Partial<AuthenticationCreds>);
    const { fingerprint } = classify(Buffer.from(JSON.stringify(store.auth.creds, BufferJSON.replacer)));
    this.#wa.observer.scanned(this, fingerprint);
    const paired = async () => {
      store.saveCreds();
      const how = await store.drained();
      if (!this.#current || !this.isOpen) return;
      if (how !== 'durable') return this.#emit({ type: 'connection.closed', reason: 'storage' });
      this.#wa.link(jid);
      this.#wa.observer.deviceLinked(this, fingerprint);
      this.#emit({ type: 'connection.paired' });
      if (saysRestart) this.#after(300, () => this.end({ reason: 'restart_required', statusCode: 515 }));
    };
    this.#saved = paired();
  }

  /** The other side ends the connection. */
  end(ending: ConnectionEnd): void {
    if (!this.isOpen) return;
    this.vanish();
    const close = async () => {
      await this.#saved;
      this.#emit({ type: 'connection.closed', ...ending });
    };
    void close();
  }
  /** The connection ends without a report. */
  vanish(): void {
    const { device } = this;
    this.isOpen = false;
    this.isShowingQr = false;
    this.isLoggedIn = false;
    this.#wa.sockets.delete(this);
    if (device?.socket === this) device.socket = undefined;
  }

  /** The process that held the socket has ended, so nothing is reported. */
  die(): void {
    this.#current = false;
    this.vanish();
  }

  ping(): Promise<void> {
    const fails = !this.isOpen;
    const arrives = this.isLoggedIn && this.#wa.reaches(this);
    // derived from the clock and not drawn: the number of pings changes no other random number
    const answeredMs = arrives
      ? fastestPingMs + (this.#wa.clock.mono % pingSpreadMs)
      : this.#o.pingDeadlineMs;
    const waitMs = fails ? 0 : answeredMs;
    this.#wa.clock.add('simulation', waitMs, () =>
      this.#emit({ type: 'connection.pinged', ok: arrives && this.isOpen }),
    );
    return Promise.resolve();
  }

  unlink(): Promise<void> {
    this.#after(this.#rng.between(50, 900), () => {
      if (!this.isLoggedIn || !this.#wa.reaches(this)) return;
      const { device } = this;
      if (device) device.state = 'revoked';
      this.#emit({ type: 'connection.unlinked' });
      this.end({ reason: 'revoked', statusCode: 401 });
    });
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    this.#current = false;
    this.#o.store.fence();
    if (!this.isOpen) return Promise.resolve();
    const isHeard = this.#wa.reaches(this);
    this.#wa.observer.closedByUs(this, this.isLoggedIn && isHeard);
    const closing = isHeard ? this.#rng.between(5, 100) : terminateAfterMs;
    return new Promise((resolve) => {
      this.#wa.clock.add('program', closing, () => {
        this.vanish();
        resolve();
      });
    });
  }
}
