import { randomBytes } from 'node:crypto';
import { aesEncryptGCM, proto, S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import type { Device } from '../devices.ts';
import { hkdf } from '../keys.ts';
import { attr, child, node, nowS, type Stanza } from '../stanza.ts';
import type { Mailboxes } from './mailboxes.ts';

/** What the phone knows about the media of one of its messages. */
export interface PhoneMedia {
  readonly mediaKey: Uint8Array;
  /** Uploads it again and returns the new direct path; undefined: the phone no longer has it. */
  readonly upload: () => string | undefined;
}

const notFound = '2';

/**
 * Answers of phones to a companion that asks for media once more (a `server-error` receipt): `mediaretry`,
 * sealed with a key that follows from the media key (`lib/Utils/messages-media.js` of Baileys). A phone that
 * is not `online` answers nothing.
 */
export class Reuploads {
  /** By message id. */
  readonly media = new Map<string, PhoneMedia>();
  online = true;
  /** The ids that were asked for, in order. */
  readonly asked: string[] = [];
  readonly #mailboxes: Mailboxes;

  constructor(mailboxes: Mailboxes) {
    this.#mailboxes = mailboxes;
  }

  take(receipt: Stanza, device: Device): void {
    const id = attr(receipt, 'id') ?? '';
    this.asked.push(id);
    if (!this.online) return;
    const known = this.media.get(id);
    const directPath = known?.upload();
    const content =
      known && directPath ? this.#sealed(id, known, directPath) : node('error', { code: notFound });
    const attrs = { id, type: 'mediaretry', from: S_WHATSAPP_NET, t: nowS() };
    const of = node('rmr', child(receipt, 'rmr')?.attrs ?? {});
    this.#mailboxes.put(device, node('notification', attrs, [content, of]));
  }

  #sealed(id: string, { mediaKey }: PhoneMedia, directPath: string): Stanza {
    const result = proto.MediaRetryNotification.ResultType.SUCCESS;
    const plain = proto.MediaRetryNotification.encode({ stanzaId: id, directPath, result }).finish();
    const key = hkdf(mediaKey, 32, { info: 'WhatsApp Media Retry Notification' });
    const iv = randomBytes(12);
    const sealed = aesEncryptGCM(plain, key, iv, Buffer.from(id));
    return node('encrypt', {}, [node('enc_p', {}, sealed), node('enc_iv', {}, iv)]);
  }
}
