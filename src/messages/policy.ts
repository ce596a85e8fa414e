/**
 * Every duration and bound of messages. WhatsApp publishes no rate: the defaults are caution. The others
 * follow from `docs/engineering/decisions/0014-sent-messages.md`.
 */
import type { PacePolicy } from '../../machines/pace.ts';

const mib = 1_048_576;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export interface MessagesPolicy {
  readonly pace: PacePolicy;
  /** Messages that may wait, of an organization and of all. */
  readonly queued: number;
  readonly queuedOfAll: number;
  /** From the write to WhatsApp's acknowledgement. */
  readonly ackMs: number;
  /** For handing a message to the socket. The look-ups before have deadlines of their own. */
  readonly transmitMs: number;
  /** A contact that was not written to, and did not write, for this long is new. */
  readonly newAfterMs: number;
  /** How long WhatsApp's answers about a number are remembered: it is there, or it is not. */
  readonly knownNumberMs: number;
  readonly unknownNumberMs: number;
  /** Rows and content of sent messages: phones may be off for a weekend, and then request them again. */
  readonly sentMs: number;
  /** Received messages that no webhook waits for. 0: they are removed at once. */
  readonly keepMs: number;
  /** Everything else of received messages: content that a webhook waits for, what repeats are known by. */
  readonly receivedMs: number;
  /** Bytes of content of one kind (received, sent, plaintexts), of an organization and of all. */
  readonly bytes: number;
  readonly bytesOfAll: number;
  /** A file that a client sends. */
  readonly media: {
    readonly bytes: number;
    /** Files that wait to be used. */
    readonly storedBytes: number;
    readonly storedBytesOfAll: number;
    /** Transfers at a time. */
    readonly transfers: number;
    readonly transfersOfAll: number;
    /** How long an upload can be used. */
    readonly keepMs: number;
    /** A transfer without a byte for this long is cut. */
    readonly silenceMs: number;
  };
}
export const defaultPolicy: MessagesPolicy = {
  pace: { perMinute: 20, burst: 5, jitter: 0.3, newPerMinute: 1, newPerDay: 50, lowerOneIn: 8 },
  queued: 1_000,
  queuedOfAll: 20_000,
  ackMs: 30_000,
  transmitMs: 120_000,
  newAfterMs: 30 * dayMs,
  knownNumberMs: 30 * dayMs,
  unknownNumberMs: hourMs,
  sentMs: 72 * hourMs,
  keepMs: 0,
  receivedMs: 7 * dayMs,
  bytes: 16 * mib,
  bytesOfAll: 2_048 * mib,
  media: {
    bytes: 100 * mib,
    storedBytes: 512 * mib,
    storedBytesOfAll: 4_096 * mib,
    transfers: 2,
    transfersOfAll: 16,
    keepMs: hourMs,
    silenceMs: 30_000,
  },
};
