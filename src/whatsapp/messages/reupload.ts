/**
 * Asks the phone to upload received media once more, after WhatsApp's media hosts have forgotten it:
 * WHATSAPP-FACTS.md#media-expiry.
 */
import {
  type BaileysEventMap,
  decryptMediaRetryData,
  encryptMediaRetryRequest,
  proto,
  type WASocket,
} from '@whiskeysockets/baileys';
import type { Call } from './calls.ts';
import { type MediaSource, type MessageKey, SendFault } from './port.ts';

const gone = (cause?: unknown): SendFault =>
  new SendFault('gone', 'WhatsApp no longer has this file, and the phone did not upload it again.', cause);

type Update = BaileysEventMap['messages.media-update'][number];
const pathOf = ({ media, error, key }: Update, mediaKey: Uint8Array): string => {
  if (error || !media) throw gone(error);
  const { result, directPath } = decryptMediaRetryData(media, mediaKey, key.id ?? '');
  if (result !== proto.MediaRetryNotification.ResultType.SUCCESS || !directPath) throw gone();
  return directPath;
};

/**
 * The path of the new upload. The library's `updateMediaMessage` keeps its listener when no answer comes, so
 * the request and the answer are its own, and the listener is ours. The phone has to be online.
 */
export const askForUpload = async (
  sock: WASocket,
  call: Call,
  { mediaKey }: MediaSource,
  key: MessageKey,
  deadlineMs: number,
): Promise<string> => {
  const secret = Buffer.from(mediaKey, 'base64');
  let take: (updates: readonly Update[]) => void = () => undefined;
  const answered = new Promise<Update>((resolve) => {
    take = (updates) => {
      const update = updates.find((one) => one.key.id === key.id);
      if (update) resolve(update);
    };
  });
  sock.ev.on('messages.media-update', take);
  try {
    const me = sock.authState.creds.me?.id ?? '';
    const update = await call(async () => {
      await sock.sendNode(encryptMediaRetryRequest(key, secret, me));
      return await answered;
    }, deadlineMs);
    return pathOf(update, secret);
  } catch (error) {
    throw error instanceof SendFault && error.reason === 'not_connected' ? error : gone(error);
  } finally {
    sock.ev.off('messages.media-update', take);
  }
};
