/** Errors that are a refusal for a client. Any other is a fault of ours, and is thrown on. */
import { MediaRefused, TooManyTransfers } from './media-files.ts';
import { faultOf } from './ports.ts';
import type { Refusal } from './refusal.ts';

const busyMs = 1_000;
const unavailable = (message: string): Refusal => ({ refused: 'unavailable', message });
/** Neither the client's nor the network's fault is thrown on. */
const refusalOf = (error: unknown): Refusal => {
  if (error instanceof MediaRefused) return { refused: 'media_refused', message: error.message };
  if (error instanceof TooManyTransfers)
    return { refused: 'queue_full', message: error.message, retryAfterMs: busyMs };
  if (error instanceof Error && (error.name === 'DatabaseFault' || error.name === 'DiskFault'))
    return unavailable('The disk takes nothing now, so nothing was accepted. Repeat the call later.');
  const reason = faultOf(error);
  if (reason === undefined) throw error;
  if (reason === 'recipient_unreachable')
    return { refused: reason, message: 'The recipient is not on WhatsApp, or has no device there.' };
  if (reason === 'media_refused' || reason === 'gone')
    return { refused: 'media_refused', message: 'The media is not on WhatsApp any more.' };
  return unavailable('WhatsApp did not answer, or the session is not connected. Repeat the call later.');
};
export const guarded = async <T>(work: () => Promise<T>): Promise<T | Refusal> => {
  try {
    return await work();
  } catch (error) {
    return refusalOf(error);
  }
};
