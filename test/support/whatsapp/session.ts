import { randomBytes } from 'node:crypto';
import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import { ackOf, answerTo, uploadedPreKeys } from './answers.ts';
import { type DeviceId, lidOf } from './credentials.ts';
import { type Device, type Devices, remember, type Verdict } from './devices.ts';
import type { Faults, LoginFault, SessionFault } from './faults.ts';
import type { Ledger } from './ledger.ts';
import type { Link } from './link.ts';
import type { ClientFinish } from './noise.ts';
import type { Options } from './options.ts';
import { Registration } from './registration.ts';
import { attr, child, decodeStanza, node, nowS, resultOf, type Stanza } from './stanza.ts';
import { failure, land } from './stream-errors.ts';

/** What all sessions of a server share. */
export interface SharedState {
  readonly options: Options;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly devices: Devices;
  readonly sessions: ReadonlySet<Session>;
  /** Called when a session is logged in. */
  loggedIn(session: Session): void;
}

/**
 * The reasons after which a client must not come back with the same credentials (WHATSAPP-FACTS.md#code-401
 * and after it).
 */
const deadReasons: ReadonlySet<number> = new Set([401, 402, 403, 406]);
const temporaryBan = 402;
/**
 * `expire` of a 402 is read as epoch seconds above this, else as seconds from now: both readings are in use
 * (WHATSAPP-FACTS.md#ban-expiry).
 */
const epochSecondsFrom = 1e9;

function verdictOf(reason: number, attrs: Readonly<Record<string, string>> = {}): Verdict | undefined {
  if (!deadReasons.has(reason)) return undefined;
  const { expire: given } = attrs as { readonly expire?: string };
  const expire = Number(given ?? Number.NaN);
  if (reason !== temporaryBan || Number.isNaN(expire)) return { reason };
  return { reason, untilMs: expire > epochSecondsFrom ? expire * 1000 : Date.now() + expire * 1000 };
}

const inForce = (reported: Verdict | undefined): boolean =>
  reported !== undefined && (reported.untilMs === undefined || Date.now() < reported.untilMs);

type Silence = 'none' | 'all-but-pings' | 'all';

/** One connection as the server understands it: handshake, then a registration or a login, then answers. */
export class Session {
  readonly link: Link;
  readonly #shared: SharedState;
  #stage: 'hello' | 'finish' | 'stanzas' = 'hello';
  #silence: Silence = 'none';
  #offlineDue = true;
  /** Set once the client has said which device it is. */
  device: Device | undefined;
  registration: Registration | undefined;
  open = false;

  constructor(link: Link, shared: SharedState) {
    this.link = link;
    this.#shared = shared;
  }

  receive(bytes: Buffer): void {
    try {
      for (const frame of this.link.noise.frames(bytes)) this.#frame(frame);
    } catch {
      // Whatever a client sends, the fake server stays up; a test reads `unreadable` and finds it above 0.
      this.#shared.ledger.count('unreadable');
      this.link.cut('close');
    }
  }

  /** Lets a blow land on this connection. */
  strike(sessionFault: SessionFault): void {
    if (sessionFault.kind === 'mute') {
      this.#silence = 'all';
      return;
    }
    const isRemoved = sessionFault.kind === 'stream-error' && sessionFault.conflict === 'device_removed';
    const removed = isRemoved ? 401 : undefined;
    const reason = sessionFault.kind === 'failure' ? sessionFault.reason : removed;
    if (reason !== undefined)
      this.#notify(reason, sessionFault.kind === 'failure' ? sessionFault.attrs : undefined);
    land(this.link, sessionFault);
  }

  closed(): void {
    this.registration?.closed();
  }

  #notify(reason: number, attrs?: Readonly<Record<string, string>>): void {
    const verdict = verdictOf(reason, attrs);
    if (verdict && this.device) this.device.reported = verdict;
  }

  #frame(frame: Buffer): void {
    if (this.#stage === 'hello') {
      const hello = this.link.noise.hello(frame);
      this.#stage = 'finish';
      this.link.send(() => hello);
    } else if (this.#stage === 'finish') {
      this.#stage = 'stanzas';
      this.#identify(this.link.noise.finish(frame));
    } else {
      decodeStanza(this.link.noise.decrypt(frame)).then(
        (stanza) => this.#stanza(stanza),
        () => this.#shared.ledger.count('unreadable'),
      );
    }
  }

  #identify({ noiseKey, payload }: ClientFinish): void {
    if (payload.username !== undefined && payload.username !== null) {
      this.#login({ phone: String(payload.username), device: payload.device ?? 0 }, noiseKey);
    } else if (this.#shared.options.refuseRegistration) {
      this.link.cut('close');
    } else {
      this.registration = new Registration(this.link, this.#shared, noiseKey);
    }
  }

  #login(id: DeviceId, noiseKey: Buffer): void {
    const { devices, faults, ledger, options } = this.#shared;
    const device = devices.recognise(id, noiseKey, options.acceptSeeded);
    this.device = device;
    const at = Date.now();
    ledger.attempt(at);
    remember(device.attempts, at);
    if (inForce(device.reported)) ledger.count('deadLogins');
    const fault = faults.atLogin(device);
    if (fault && this.#insteadOfSuccess(fault)) return;
    if (device.standing === 'linked') {
      this.#succeed(device);
      if (fault) this.#behindSuccess(fault);
    } else {
      this.#fail(401);
    }
  }

  /** True when the fault took the place of success. */
  #insteadOfSuccess(fault: LoginFault): boolean {
    switch (fault.kind) {
      case 'failure':
        this.#fail(fault.reason, fault.attrs);
        return true;
      case 'login-silent':
        this.#silence = 'all-but-pings';
        return true;
      case 'login-dead':
        this.#silence = 'all';
        return true;
      case 'instead':
        this.strike(fault.sessionFault);
        return true;
      case 'mute':
      case 'half-login':
      case 'after-success':
        return false;
    }
  }

  #behindSuccess(fault: LoginFault): void {
    if (fault.kind === 'mute') this.#silence = 'all';
    else if (fault.kind === 'half-login') this.#offlineDue = false;
    else if (fault.kind === 'after-success') this.strike(fault.sessionFault);
  }

  #fail(reason: number, attrs?: Readonly<Record<string, string>>): void {
    this.#shared.ledger.count('failures');
    this.#notify(reason, attrs);
    this.link.lastWord(failure(reason, attrs));
  }

  #succeed(device: Device): void {
    const { ledger, options, sessions } = this.#shared;
    for (const older of sessions) {
      if (older === this || older.device !== device || !older.link.alive) continue;
      ledger.count('doubleLogins');
      older.strike({ kind: 'stream-error', conflict: 'replaced' });
    }
    ledger.count('logins');
    remember(device.logins, Date.now());
    this.open = true;
    this.#shared.loggedIn(this);
    this.link.sendStanza(
      node('success', { t: nowS(), lid: lidOf(device), props: '1', location: 'frc', status: '0' }),
    );
    if (!options.chatty) return;
    this.link.sendStanza(
      node('ib', { from: S_WHATSAPP_NET }, [
        node('edge_routing', {}, [node('routing_info', {}, randomBytes(8))]),
      ]),
    );
    this.link.sendStanza(
      node('ib', { from: S_WHATSAPP_NET }, [node('dirty', { type: 'account_sync', timestamp: nowS() })]),
    );
  }

  #stanza(stanza: Stanza): void {
    const { device, registration } = this;
    const isPing = attr(stanza, 'xmlns') === 'w:p';
    if (this.#silence === 'all' || (this.#silence === 'all-but-pings' && !isPing)) return;
    if (stanza.tag === 'ack') this.#shared.ledger.count('acks');
    if (isPing) this.link.sendStanza(resultOf(stanza));
    else if (registration) registration.stanza(stanza);
    else if (stanza.tag === 'message') this.link.sendStanza(ackOf(stanza));
    else if (device && stanza.tag === 'iq' && ['get', 'set'].includes(attr(stanza, 'type') ?? ''))
      this.#request(stanza, device);
  }

  #request(request: Stanza, device: Device): void {
    if (child(request, 'remove-companion-device')) this.#logout(request, device);
    else this.#answer(request, device);
  }

  #answer(request: Stanza, device: Device): void {
    const { ledger, options } = this.#shared;
    const uploaded = uploadedPreKeys(request);
    if (uploaded > 0) {
      ledger.count('preKeyUploads');
      device.preKeys = (device.preKeys ?? options.preKeyCount) + uploaded;
    }
    this.link.sendStanza(answerTo(request, device, options.preKeyCount));
    if (attr(request, 'xmlns') === 'passive' && this.#offlineDue) {
      this.#offlineDue = false;
      const offline = node('ib', { from: S_WHATSAPP_NET }, [node('offline', { count: '0' })]);
      setTimeout(
        () => this.#silence === 'none' && this.link.sendStanza(offline),
        options.offlineDelayMs,
      ).unref();
    }
  }

  #logout(request: Stanza, device: Device): void {
    this.#shared.ledger.count('logouts');
    device.standing = 'revoked';
    this.link.sendStanza(resultOf(request));
    this.strike({ kind: 'stream-error', code: 401, conflict: 'device_removed' });
  }
}
