/**
 * The life of one message that a client sends, as a table: which state follows a state when something
 * happens. A pair that is absent changes nothing. `unknown` means that the message may have been sent. No
 * fact repeats it by itself: `repeated` is a call of the client, and `returned` means that certainly nothing
 * left. See `docs/engineering/decisions/0014-sent-messages.md`.
 */
export type SendState =
  | 'queued'
  | 'sending'
  | 'sent'
  | 'delivered'
  | 'read'
  | 'played'
  | 'failed'
  | 'unknown';

export type SendFact =
  /** It will be written to the socket now. Durable before the write. */
  | 'began'
  /** The connection ended before anything was written. */
  | 'returned'
  /** WhatsApp's acknowledgement. */
  | 'sent'
  /** Receipts of the recipient. Each implies the ones before it. */
  | 'delivered'
  | 'read'
  | 'played'
  /** WhatsApp's acknowledgement with an error. */
  | 'rejected'
  /** It cannot be sent, and certainly nothing left. */
  | 'refused'
  /** WhatsApp did not acknowledge it in time. */
  | 'silent'
  /** The process ended between `began` and the acknowledgement. */
  | 'interrupted'
  | 'expired'
  | 'cancelled'
  /** The client sends it again under the same WhatsApp id. */
  | 'repeated';

/** A receipt proves that the message arrived, whatever was known before. */
const receipts = { delivered: 'delivered', read: 'read', played: 'played' } as const;

const table: Readonly<Record<SendState, Readonly<Partial<Record<SendFact, SendState>>>>> = {
  queued: {
    began: 'sending',
    refused: 'failed',
    expired: 'failed',
    cancelled: 'failed',
    // facts about an earlier attempt: a repeated message is queued too
    sent: 'sent',
    ...receipts,
  },
  sending: {
    returned: 'queued',
    refused: 'failed',
    rejected: 'failed',
    silent: 'unknown',
    interrupted: 'unknown',
    sent: 'sent',
    ...receipts,
  },
  unknown: { rejected: 'failed', repeated: 'queued', sent: 'sent', ...receipts },
  failed: { repeated: 'queued', ...receipts },
  sent: { ...receipts },
  delivered: { read: 'read', played: 'played' },
  read: { played: 'played' },
  played: {},
};

/** The next state; undefined when the fact changes nothing. */
export const stateAfter = (state: SendState, fact: SendFact): SendState | undefined => table[state][fact];

/** Whether a client may still see it leave this state without a call of its own. */
export const isOpen = (state: SendState): boolean => state === 'queued' || state === 'sending';

/** At most this many repeats of one message: recipients drop a repeated id, WhatsApp counts each. */
export const mostRepeats = 3;
/**
 * Whether a client may repeat a message under the same id. Other failures are final: the recipient, the
 * content or the account is the cause, and a repeat meets it again.
 */
export const mayRepeat = (state: SendState, reason: string | undefined, repeats: number): boolean =>
  repeats < mostRepeats &&
  (state === 'unknown' || (state === 'failed' && (reason === 'rejected' || reason === 'expired')));
