import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { AuthenticationCreds } from '@whiskeysockets/baileys';
import { type WebSocket, WebSocketServer } from 'ws';
import { chains } from './certificate.ts';
import { fictionalPhone } from './credentials.ts';
import { Devices, matches, type Target } from './devices.ts';
import { type Fault, Faults, type SessionFault } from './faults.ts';
import { Ledger, type Stats } from './ledger.ts';
import { Link } from './link.ts';
import { defaultOptions, type Options } from './options.ts';
import { type PairingOutcome, parseQr, refusal } from './pairing.ts';
import { Relay } from './relay/relay.ts';
import type { DeviceReport, Scanner } from './reports.ts';
import { Session } from './session.ts';
import type { Stanza } from './stanza.ts';

export type { DeviceReport, Scanner } from './reports.ts';

const firstScannedPhone = 50_000_000;

/**
 * A WhatsApp server on loopback that real Baileys connects to, with the faults of
 * docs/engineering/WHATSAPP-FACTS.md on demand.
 */
export class FakeWhatsApp {
  readonly options: Options;
  /** Relays messages between devices while the option `relay` is on. */
  readonly relay = new Relay();
  readonly #ledger = new Ledger();
  readonly #faults = new Faults();
  readonly #devices = new Devices();
  readonly #sessions = new Set<Session>();
  readonly #open = new Set<Session>();
  readonly #sockets = new Set<Socket>();
  readonly #http: Server = createServer((_request, response) => response.writeHead(426).end());
  readonly #ws = new WebSocketServer({ noServer: true });
  #scans = 0;

  constructor(options: Partial<Options> = {}) {
    this.options = { ...defaultOptions, ...options };
    this.#http.on('connection', (socket) => this.#accept(socket));
    this.#http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  /** Listens on 127.0.0.1 and returns the URL for `waWebSocketUrl`. Port 0 takes a free one. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject).listen(port, '127.0.0.1', 4096, resolve);
    });
    return this.url;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/chat`;
  }

  /**
   * Ends every connection and stops listening. Devices and counts stay, so a later `listen` on the same port
   * is the same WhatsApp.
   */
  async close(): Promise<void> {
    for (const { link } of this.#sessions) link.destroy();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#http.listening) await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  /**
   * Makes the server know a device by its credentials (only needed for keys of another `variant`, or when
   * `acceptSeeded` is off).
   */
  link(creds: AuthenticationCreds): void {
    const [phone = '', device = '0'] = creds.me?.id.split('@')[0]?.split(':') ?? [];
    this.#devices.link({ phone, device: Number(device) }, creds.noiseKey.public, creds.me?.name ?? '');
  }

  /** A phone scans the QR text. Resolves when the client has signed the pairing, or with why it did not. */
  async scan(qrText: string, scanner: Scanner = {}): Promise<PairingOutcome> {
    const qr = parseQr(qrText);
    if (!qr) return refusal('not-a-qr');
    const registration = [...this.#sessions]
      .map((session) => session.registration)
      .find((one) => one?.offers(qr));
    if (!registration) return refusal('qr-expired');
    const phone = scanner.phone ?? fictionalPhone(firstScannedPhone + this.#scans++);
    return registration.scanned(
      qr,
      { phone, device: scanner.device ?? this.#devices.nextDevice(phone) },
      scanner.name ?? 'Test',
    );
  }

  /** The customer types the pairing code that the client shows for this phone. */
  async enterCode(
    phone: string,
    code: string,
    scanner: Omit<Scanner, 'phone'> = {},
  ): Promise<PairingOutcome> {
    const registration = [...this.#sessions]
      .map((session) => session.registration)
      .find((one) => one?.asksCodeFor(phone));
    if (!registration) return refusal('no-code-requested');
    const device = scanner.device ?? this.#devices.nextDevice(phone);
    return registration.typed(code, { phone, device }, scanner.name ?? 'Test');
  }

  /**
   * The customer unlinks the device on the phone: told at once when it is online (401 device_removed), else
   * at its next login.
   */
  revoke(target: Target): void {
    for (const device of this.#devices.ensure(target)) device.standing = 'revoked';
    this.strike(target, { kind: 'stream-error', code: 401, conflict: 'device_removed' });
  }

  /** Undoes a revocation and forgets what the device was told. */
  revive(target: Target): void {
    for (const device of this.#devices.ensure(target)) {
      device.standing = 'linked';
      delete device.reported;
    }
  }

  /** Puts a fault in force for coming connections or logins. `times`: how often; for ever unless told. */
  fault(target: Target, fault: Fault, times?: number): void {
    this.#faults.set(target, fault, times);
  }

  /** Lifts the faults set for exactly this target; all of them without one. */
  clearFaults(target?: Target): void {
    this.#faults.clear(target);
  }

  /** Hits the open logged-in connections of the target now and says how many. */
  strike(target: Target, sessionFault: SessionFault): number {
    const hit = [...this.#open].filter(({ device, link }) => device && matches(target, device) && link.alive);
    for (const session of hit) session.strike(sessionFault);
    return hit.length;
  }

  /** Sends a stanza to the open logged-in connections of the target now and says how many. */
  deliver(target: Target, stanza: Stanza): number {
    const to = this.#online().filter(({ device }) => device && matches(target, device));
    for (const { link } of to) link.sendStanza(stanza);
    return to.length;
  }

  /** Drops everybody at once, the unpaired included. */
  dropAll(how: Extract<SessionFault, { kind: 'cut' }>['how'] = 'reset'): number {
    const all = [...this.#sessions];
    for (const { link } of all) link.cut(how);
    return all.length;
  }

  stats(): Stats {
    return this.#ledger.stats(this.#sessions.size, this.#online().length);
  }

  /** Epoch ms of the login attempts of all devices, oldest first (the newest 100 000). */
  attemptTimes(): readonly number[] {
    return [...this.#ledger.attempts];
  }

  devices(target: Target = 'all'): DeviceReport[] {
    const online = new Set(this.#online().map(({ device }) => device));
    return this.#devices.matching(target).map((device) => {
      const { noiseKey: _, preKeys: __, ...report } = device;
      return {
        ...report,
        attempts: [...device.attempts],
        logins: [...device.logins],
        online: online.has(device),
      };
    });
  }

  #online(): Session[] {
    return [...this.#open].filter(({ link }) => link.alive);
  }

  #accept(socket: Socket): void {
    this.#ledger.count('tcpAccepted');
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    this.#level();
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#faults.atDoor(['reset'])) socket.resetAndDestroy();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // Before the WebSocket takes over, no other listener handles the peer's reset or its close.
    socket.on('error', () => socket.destroy());
    const fault = this.#faults.atDoor(['hang', 'refuse', 'noise-silent']);
    if (fault?.kind === 'hang') {
      socket.on('end', () => socket.destroy()).resume();
      return;
    }
    if (fault?.kind === 'refuse') {
      this.#ledger.count('refusedUpgrades');
      socket.end(`HTTP/1.1 ${fault.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#ws.handleUpgrade(request, socket, head, (ws) =>
      this.#connected(ws, socket, fault?.kind === 'noise-silent'),
    );
  }

  #connected(ws: WebSocket, socket: Socket, silent: boolean): void {
    const link = new Link(
      ws,
      socket,
      () => this.options.answerDelayMs,
      () => chains[this.options.chain],
    );
    const session = new Session(link, {
      options: this.options,
      ledger: this.#ledger,
      faults: this.#faults,
      devices: this.#devices,
      relay: this.relay,
      sessions: this.#sessions,
      loggedIn: (one) => this.#open.add(one) && this.#level(),
    });
    this.#sessions.add(session);
    this.#level();
    if (!silent) ws.on('message', (data) => session.receive(data as Buffer));
    socket.once('close', () => {
      this.#sessions.delete(session);
      this.#open.delete(session);
      session.closed();
    });
  }

  #level(): void {
    this.#ledger.level(this.#sessions.size, this.#sockets.size - this.#open.size);
  }
}
