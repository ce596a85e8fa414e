import { createHmac } from 'node:crypto';
import { proto, S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import { type DeviceId, jidOf, lidOf, signedDeviceIdentity } from './credentials.ts';
import { node, nowS, type Stanza } from './stanza.ts';

/** What a phone reads from the QR code of a companion (Baileys rc14: `buildPairingQRData`). */
export interface QrContent {
  readonly ref: string;
  readonly noiseKey: Buffer;
  readonly identity: Buffer;
  readonly advSecret: Buffer;
}

/** How the pairing of a device ended: a value, because a phone also only shows a sentence. */
export type PairingOutcome =
  | {
      readonly ok: true;
      readonly phone: string;
      readonly device: number;
      readonly jid: string;
      readonly lid: string;
    }
  | { readonly ok: false; readonly code: PairingRefusal; readonly message: string };

export type PairingRefusal =
  | 'not-a-qr'
  | 'qr-expired'
  | 'companion-reg-refresh'
  | 'no-code-requested'
  | 'wrong-code'
  | 'client-went-away';

const messages: Record<PairingRefusal, string> = {
  'not-a-qr': 'the text is no QR code of a companion device',
  'qr-expired': 'no open connection offers this QR code (any more)',
  'companion-reg-refresh':
    'the server asked the client for a companion_reg_refresh and sends no pair-success',
  'no-code-requested': 'no open connection asked for a pairing code of this phone',
  'wrong-code': 'the code is not the one the client shows',
  'client-went-away': 'the client closed the connection before it signed the pairing',
};

export const refusal = (code: PairingRefusal): PairingOutcome => ({
  ok: false,
  code,
  message: messages[code],
});

const keyBytes = 32;

/** Parses the text of a QR code, with or without the `https://wa.me/…#` in front. */
export function parseQr(text: string): QrContent | undefined {
  const [ref, ...keys] = text.slice(text.indexOf('#') + 1).split(',');
  const [noiseKey, identity, advSecret] = keys.map((key) => Buffer.from(key, 'base64'));
  if (!ref || !noiseKey || !identity || !advSecret) return undefined;
  if ([noiseKey, identity, advSecret].some(({ length }) => length !== keyBytes)) return undefined;
  return { ref, noiseKey, identity, advSecret };
}

export const pairDevice = (id: string, refs: readonly string[]): Stanza =>
  node('iq', { id, type: 'set', xmlns: 'md', from: S_WHATSAPP_NET }, [
    node(
      'pair-device',
      {},
      refs.map((ref) => node('ref', {}, Buffer.from(ref))),
    ),
  ]);

/**
 * The stanza that makes the client a linked device: the phone's signature over its identity, sealed with the
 * secret of the QR code.
 */
export function pairSuccess(
  iqId: string,
  id: DeviceId,
  name: string,
  { identity, advSecret }: Pick<QrContent, 'identity' | 'advSecret'>,
): Stanza {
  const details = proto.ADVSignedDeviceIdentity.encode(signedDeviceIdentity(id, identity)).finish();
  const hmac = createHmac('sha256', advSecret).update(details).digest();
  return node('iq', { id: iqId, type: 'set', xmlns: 'md', from: S_WHATSAPP_NET, t: nowS() }, [
    node('pair-success', {}, [
      node('device-identity', {}, proto.ADVSignedDeviceIdentityHMAC.encode({ details, hmac }).finish()),
      node('biz', { name }),
      node('device', { jid: jidOf(id), lid: lidOf(id) }),
      node('platform', { name: 'android' }),
    ]),
  ]);
}
