import { randomBytes } from 'node:crypto';
import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import { type DeviceId, jidOf, lidOf } from './credentials.ts';
import type { Devices } from './devices.ts';
import type { Ledger } from './ledger.ts';
import type { Link } from './link.ts';
import type { Options } from './options.ts';
import { type PairingOutcome, pairDevice, pairSuccess, type QrContent, refusal } from './pairing.ts';
import {
  type CodeRequest,
  helloAnswer,
  primaryHello,
  readFinish,
  readHello,
  stageOf,
} from './pairing-code.ts';
import { attr, child, node, resultOf, type Stanza } from './stanza.ts';
import { streamError } from './stream-errors.ts';

const iqId = (): string => randomBytes(6).toString('hex');

/** The part of what all sessions share that a registration needs. */
interface Shared {
  readonly options: Options;
  readonly ledger: Ledger;
  readonly devices: Devices;
}

interface Pending {
  readonly id: DeviceId;
  readonly name: string;
  /** The pair-success the client has to sign; none while a typed code is still being exchanged. */
  iq?: string;
  settle(outcome: PairingOutcome): void;
}

/** An unpaired client: it is offered QR references, and a phone may scan one or type the client's code. */
export class Registration {
  readonly #link: Link;
  readonly #shared: Shared;
  readonly #noiseKey: Buffer;
  readonly #refs: ReadonlySet<string>;
  #request: CodeRequest | undefined;
  #pending: Pending | undefined;

  constructor(link: Link, shared: Shared, noiseKey: Buffer) {
    this.#link = link;
    this.#shared = shared;
    this.#noiseKey = noiseKey;
    this.#refs = new Set(
      Array.from({ length: shared.options.qrRefs }, () => `2@${randomBytes(48).toString('base64url')}`),
    );
    shared.ledger.count('registrations');
    link.sendStanza(pairDevice(iqId(), [...this.#refs]));
  }

  offers(qr: QrContent): boolean {
    return this.#link.alive && this.#refs.has(qr.ref) && this.#noiseKey.equals(qr.noiseKey);
  }

  asksCodeFor(phone: string): boolean {
    return this.#link.alive && this.#request?.phone === phone;
  }

  /** The phone scans the QR code. Resolves when the client has signed, or when it never will. */
  scanned(qr: QrContent, id: DeviceId, name: string): Promise<PairingOutcome> {
    return this.#pair(id, name, (pending) => this.#sendSuccess(pending, qr));
  }

  /** The customer types the code. */
  async typed(code: string, id: DeviceId, name: string): Promise<PairingOutcome> {
    const request = this.#request;
    if (!request) return refusal('no-code-requested');
    const hello = await primaryHello(request, code);
    return this.#pair(id, name, () => this.#link.sendStanza(hello));
  }

  closed(): void {
    this.#pending?.settle(refusal('client-went-away'));
  }

  stanza(stanza: Stanza): void {
    if (stanza.tag !== 'iq') return;
    if (attr(stanza, 'type') === 'result') {
      this.#signed(stanza);
      return;
    }
    const stage = stageOf(stanza);
    if (stage === 'companion_hello') this.#request = readHello(stanza);
    this.#link.sendStanza(
      resultOf(stanza, stage === 'companion_hello' && this.#request ? helloAnswer(this.#request) : undefined),
    );
    if (stage === 'companion_finish') this.#finished(stanza);
  }

  #pair(id: DeviceId, name: string, begin: (pending: Pending) => void): Promise<PairingOutcome> {
    return new Promise((resolve) => {
      const settle = (outcome: PairingOutcome): void => {
        this.#pending = undefined;
        resolve(outcome);
      };
      this.#pending = { id, name, settle };
      begin(this.#pending);
    });
  }

  #sendSuccess(pending: Pending, secrets: Pick<QrContent, 'identity' | 'advSecret'>): void {
    if (this.#shared.options.companionRegRefresh) {
      this.#link.sendStanza(
        node('notification', { id: iqId(), type: 'companion_reg_refresh', from: S_WHATSAPP_NET }),
      );
      pending.settle(refusal('companion-reg-refresh'));
      return;
    }
    pending.iq = iqId();
    this.#link.sendStanza(pairSuccess(pending.iq, pending.id, pending.name, secrets));
  }

  #finished(stanza: Stanza): void {
    const pending = this.#pending;
    if (!pending || !this.#request) return;
    const secrets = readFinish(this.#request, stanza);
    if (secrets) this.#sendSuccess(pending, secrets);
    else pending.settle(refusal('wrong-code'));
  }

  #signed(stanza: Stanza): void {
    const pending = this.#pending;
    if (!pending || attr(stanza, 'id') !== pending.iq || !child(stanza, 'pair-device-sign')) return;
    this.#shared.devices.link(pending.id, this.#noiseKey, pending.name);
    this.#shared.ledger.count('pairings');
    setTimeout(
      () => this.#link.lastWord(streamError({ kind: 'stream-error', code: 515 })),
      this.#shared.options.restartDelayMs,
    ).unref();
    pending.settle({ ok: true, ...pending.id, jid: jidOf(pending.id), lid: lidOf(pending.id) });
  }
}
