/**
 * One attempt to send a message: find the recipient and its devices, encode, make `sending` durable, and only
 * then write to the socket. Each step before the write may fail without a trace outside.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { TableChange } from '../database/table.ts';
import type { MessageReason } from '../protocol/messages.ts';
import { contentOf, givenOf, isMedia, referenceOf } from './content.ts';
import type { Inbox } from './inbox.ts';
import { type MediaFiles, MediaRefused, TooManyTransfers } from './media-files.ts';
import type { MessagesPolicy } from './policy.ts';
import { faultOf, type SenderPort } from './ports.ts';
import { isGroup, type Recipient, type Recipients } from './recipients.ts';
import type { SentRow } from './rows.ts';
import type { Sent } from './sent.ts';

export interface AttemptDeps {
  readonly sent: Sent;
  readonly inbox: Inbox;
  readonly recipients: Recipients;
  readonly media: MediaFiles;
  readonly policy: MessagesPolicy;
  /** Whether WhatsApp restricts the account now. */
  readonly isRestricted: (org: Org) => boolean;
}
export interface Attempt {
  readonly org: Org;
  readonly waId: string;
  readonly sender: SenderPort;
  readonly hasExpired: () => boolean;
  /** Further changes of the transaction that makes it `sending`. */
  readonly began: (recipient: Recipient) => readonly TableChange[];
  /** Called when it is `sending`, before the write. */
  readonly onSending: () => void;
}
export type Outcome =
  /** It is written, or may be: the acknowledgement decides. */
  | { readonly kind: 'written' }
  /** Nothing left, and it can be tried again. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'refused'; readonly reason: MessageReason; readonly message: string }
  /** It is not queued any more. */
  | { readonly kind: 'gone' };

const sentences: Partial<Readonly<Record<MessageReason, string>>> = {
  timeout: 'WhatsApp did not answer a look-up in time. Nothing was sent.',
  recipient_unreachable: 'The recipient is not on WhatsApp, or has no device there. Nothing was sent.',
  restricted: 'WhatsApp refuses messages of this account to new contacts. Nothing was sent.',
  expired: 'It could not be sent in time. Nothing was sent.',
  media_refused: 'The media cannot be sent.',
};
export const refusedFor = (reason: MessageReason, message?: string): Outcome & { kind: 'refused' } => ({
  kind: 'refused',
  reason,
  message: message ?? sentences[reason] ?? 'It could not be sent. Nothing was sent.',
});
/** What an error before the write means. Throws what is neither the client's nor WhatsApp's fault. */
const outcomeOf = (error: unknown): Outcome => {
  const reason = faultOf(error);
  if (reason === 'not_connected' || error instanceof TooManyTransfers) return { kind: 'returned' };
  if (error instanceof MediaRefused) return refusedFor('media_refused', error.message);
  if (reason === 'gone') return refusedFor('media_refused');
  if (reason !== undefined) return refusedFor(reason);
  throw error;
};

/** Encodes the message, unless an earlier attempt did. */
const encodedOf = async (
  deps: AttemptDeps,
  { org, waId, sender }: Attempt,
  row: SentRow,
): Promise<string> => {
  const { sent, inbox, media } = deps;
  const { order, encoded } = sent.body(org, waId) ?? {};
  if (encoded !== undefined) return encoded;
  if (order === undefined) throw new MediaRefused('The content of the message is not kept any more.');
  const { media: from, mimeType } = givenOf(order.content);
  const fetched = from?.url === undefined ? undefined : await media.fetch(org, from.url, mimeType);
  try {
    const file = fetched ?? order.upload;
    if (isMedia(row.type) && file === undefined) throw new MediaRefused('The upload is not kept any more.');
    const found = (id: string) => referenceOf(sent, inbox, org, id);
    return Buffer.from(await sender.encode(contentOf(row.type, order, found, file))).toString('base64');
  } finally {
    if (fetched) await media.remove(fetched.file);
  }
};
const prepared = async (deps: AttemptDeps, attempt: Attempt, row: SentRow) => {
  const { org, sender } = attempt;
  const recipient = await deps.recipients.resolve(org, row.to, sender);
  if (recipient === undefined) return refusedFor('recipient_unreachable');
  const { phone, lid } = recipient.contact;
  if (deps.isRestricted(org) && !deps.recipients.hasAnswered(org, [row.to, phone, lid]))
    return refusedFor('restricted');
  if (!isGroup(row.to) && (await sender.devicesOf(recipient.jid)) === 0)
    return refusedFor('recipient_unreachable');
  const encoded = await encodedOf(deps, attempt, row);
  return attempt.hasExpired() ? refusedFor('expired') : { recipient, encoded };
};

/** Rejects when the disk refuses: then nothing was written, and it can be tried again. */
export const attemptOnce = async (deps: AttemptDeps, attempt: Attempt): Promise<Outcome> => {
  const { org, waId, sender } = attempt;
  const row = deps.sent.get(org, waId);
  if (row?.state !== 'queued') return { kind: 'gone' };
  let ready: Awaited<ReturnType<typeof prepared>>;
  try {
    ready = await prepared(deps, attempt, row);
  } catch (error) {
    return outcomeOf(error);
  }
  if ('kind' in ready) return ready;
  const { recipient, encoded } = ready;
  const over = { jid: recipient.jid, contact: recipient.contact };
  const changed = await deps.sent.apply(org, waId, 'began', over, [
    { key: ['body', org, waId], value: { encoded } },
    ...attempt.began(recipient),
  ]);
  if (changed === undefined) return { kind: 'gone' };
  attempt.onSending();
  try {
    const bytes = Buffer.from(encoded, 'base64');
    await sender.transmit({ whatsappId: waId, jid: recipient.jid, encoded: bytes, type: row.type });
  } catch (error) {
    if (faultOf(error) !== undefined) return outcomeOf(error);
    throw new Uncertain(error);
  }
  return { kind: 'written' };
};
/** The write failed in a way that leaves open whether the message left. */
export class Uncertain extends Error {
  override readonly name = 'Uncertain';
  constructor(cause: unknown) {
    super('it is not known whether the message was written', { cause });
  }
}
