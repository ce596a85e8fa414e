import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import { primaryIdentity } from './credentials.ts';
import { agree, type Ephemeral, ephemeralPair, hkdf } from './keys.ts';
import { attr, bytesOf, child, node, type Stanza } from './stanza.ts';

/**
 * Linking by an eight-letter code (Baileys rc14: `requestPairingCode` and the notification
 * `link_code_companion_reg`), the phone's side.
 */
export interface CodeRequest {
  readonly phone: string;
  readonly ref: string;
  /** salt (32), IV (16), the companion's ephemeral key sealed with the code (32). */
  readonly wrapped: Buffer;
  /** Set once a code was typed on the phone. */
  typed?: { readonly companionEphemeral: Buffer; readonly primaryEphemeral: Ephemeral };
}

const codeKey = (code: string, salt: Buffer): Promise<Buffer> =>
  promisify(pbkdf2)(code, salt, 2 << 16, 32, 'sha256');

const linkCode = (stanza: Stanza): Stanza | undefined => child(stanza, 'link_code_companion_reg');
export const stageOf = (stanza: Stanza): string | undefined => attr(linkCode(stanza), 'stage');

/** Reads `companion_hello`. */
export function readHello(stanza: Stanza): CodeRequest | undefined {
  const hello = linkCode(stanza);
  const wrapped = bytesOf(child(hello, 'link_code_pairing_wrapped_companion_ephemeral_pub'));
  const phone = attr(hello, 'jid')?.split('@')[0];
  if (wrapped?.length !== 80 || !phone) return undefined;
  return { phone, ref: randomBytes(16).toString('base64url'), wrapped };
}

export const helloAnswer = ({ ref }: CodeRequest): Stanza[] => [
  node('link_code_companion_reg', { stage: 'companion_hello' }, [
    node('link_code_pairing_ref', {}, Buffer.from(ref)),
  ]),
];

/**
 * The customer types the code on the phone: opens the companion's key with it and answers with the phone's
 * own.
 */
export async function primaryHello(request: CodeRequest, code: string): Promise<Stanza> {
  const [salt, iv, sealed] = [
    request.wrapped.subarray(0, 32),
    request.wrapped.subarray(32, 48),
    request.wrapped.subarray(48),
  ];
  const opening = createDecipheriv('aes-256-ctr', await codeKey(code, salt), iv);
  const primaryEphemeral = ephemeralPair();
  request.typed = {
    companionEphemeral: Buffer.concat([opening.update(sealed), opening.final()]),
    primaryEphemeral,
  };
  const [ownSalt, ownIv] = [randomBytes(32), randomBytes(16)];
  const sealing = createCipheriv('aes-256-ctr', await codeKey(code, ownSalt), ownIv);
  const wrapped = Buffer.concat([ownSalt, ownIv, sealing.update(primaryEphemeral.public), sealing.final()]);
  return node(
    'notification',
    { id: randomBytes(8).toString('hex'), type: 'link_code_companion_reg', from: S_WHATSAPP_NET },
    [
      node('link_code_companion_reg', { stage: 'primary_hello' }, [
        node('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrapped),
        node('primary_identity_pub', {}, primaryIdentity(request.phone).public),
        node('link_code_pairing_ref', {}, Buffer.from(request.ref)),
      ]),
    ],
  );
}

/**
 * Reads `companion_finish`: the identity and the secret that seal the pair-success, or none when the typed
 * code was wrong.
 */
export function readFinish(
  request: CodeRequest,
  stanza: Stanza,
): { readonly identity: Buffer; readonly advSecret: Buffer } | undefined {
  const finish = linkCode(stanza);
  const bundle = bytesOf(child(finish, 'link_code_pairing_wrapped_key_bundle'));
  const identity = bytesOf(child(finish, 'companion_identity_public'));
  if (!bundle || !identity || !request.typed) return undefined;
  const shared = agree(request.typed.primaryEphemeral, request.typed.companionEphemeral);
  const key = hkdf(shared, 32, {
    salt: bundle.subarray(0, 32),
    info: 'link_code_pairing_key_bundle_encryption_key',
  });
  const opening = createDecipheriv('aes-256-gcm', key, bundle.subarray(32, 44));
  opening.setAuthTag(bundle.subarray(-16));
  try {
    const opened = Buffer.concat([opening.update(bundle.subarray(44, -16)), opening.final()]);
    const secret = Buffer.concat([
      shared,
      agree(primaryIdentity(request.phone), identity),
      opened.subarray(64),
    ]);
    return { identity, advSecret: hkdf(secret, 32, { info: 'adv_secret' }) };
  } catch {
    // The tag does not fit: the two sides derived different keys, which is what a mistyped code looks like.
    return undefined;
  }
}
