import { randomBytes } from 'node:crypto';
import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import { ackOf, answerTo, uploadedPreKeys } from './answers.ts';
import { type DeviceId, lidOf } from './credentials.ts';
import { type Device, type Devices, remember } from './devices.ts';
import type { Faults, LoginFault, SessionFault } from './faults.ts';
import type { Ledger } from './ledger.ts';
import type { Link } from './link.ts';
import type { ClientFinish } from './noise.ts';
import type { Options } from './options.ts';
import { Registration } from './registration.ts';
import type { Relay } from './relay/relay.ts';
import { attr, child, decodeStanza, node, nowS, resultOf, type Stanza } from './stanza.ts';
import { failure, land } from './stream-errors.ts';
import { inForce, verdictOf } from './verdicts.ts';

/** What all sessions of a server share. */
export interface SharedState {
  readonly options: Options;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly devices: Devices;
  readonly relay: Relay;
  readonly sessions: ReadonlySet<Session>;
  /** Called when a session is logged in. */
  loggedIn(session: Session): void;
}

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
    if (this.device) this.#shared.relay.offline(this.device, this.link);
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
    this.#shared.relay.online(device, this.link);
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
    else if (device && this.#relay && stanza.tag !== 'iq') this.#relay.take(stanza, device);
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
    const relayed = this.#relay?.answer(request, device);
    if (relayed === 'silence') return;
    this.link.sendStanza(relayed ?? answerTo(request, device, options.preKeyCount));
    if (attr(request, 'xmlns') === 'passive' && this.#offlineDue) {
      this.#offlineDue = false;
      setTimeout(() => this.#sendBacklog(device), options.offlineDelayMs).unref();
    }
  }

  #sendBacklog(device: Device): void {
    if (this.#silence !== 'none') return;
    const count = String(this.#relay?.replay(device) ?? 0);
    this.link.sendStanza(node('ib', { from: S_WHATSAPP_NET }, [node('offline', { count })]));
  }

  get #relay(): Relay | undefined {
    return this.#shared.options.relay ? this.#shared.relay : undefined;
  }

  #logout(request: Stanza, device: Device): void {
    this.#shared.ledger.count('logouts');
    device.standing = 'revoked';
    this.link.sendStanza(resultOf(request));
    this.strike({ kind: 'stream-error', code: 401, conflict: 'device_removed' });
  }
}
