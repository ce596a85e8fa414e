/**
 * Messages that arrived and cannot be read. Mostly the client library asks for them again and reads them a
 * moment later. A client receives `message.unreadable` only for the rest, and always for the rest.
 */
import { type BinaryNode, isJidNewsletter, isJidStatusBroadcast } from '@whiskeysockets/baileys';
import type { Org } from '../../../machines/domain/ports.ts';
import { monotonicMs } from '../../base/monotonic.ts';
import type { MessageDoor, StanzaRef } from './port.ts';

type Which = Omit<StanzaRef, 'enc' | 'digest'>;

/** How long the sender, or our phone, has to send it again. */
export const repeatMs = 60_000;
/** Baileys asks a sender this often (`maxMsgRetryCount` of 7.0.0-rc14). */
const mostRepeats = 5;
/** Entries over all organizations. Beyond it the oldest is reported at once. Our own choice. */
const most = 1_000;
/**
 * The text of the error after which Baileys acknowledges with 487 and asks for nothing:
 * `MISSING_KEYS_ERROR_TEXT` of 7.0.0-rc14, which it does not export.
 */
const usedKeys = 'Key used already or never filled';

interface Entry {
  readonly org: Org;
  readonly which: Which;
  readonly why: string;
  failures: number;
  /** Epoch of the monotonic clock, in milliseconds. */
  readonly until: number;
}
const whichOf = ({ id, from, participant }: Which): Which =>
  participant === undefined ? { id, from } : { id, from, participant };
/** The id alone: a repetition may be addressed in another way. */
const keyOf = (org: Org, id: string): string => JSON.stringify([org, id]);

/** Reasons for clients, in place of the library's own words. */
const reasons = {
  used: 'The keys that it needs were used up before. The sender has to send it again.',
  failed: 'It could not be decrypted, and the sender did not send it again in time.',
  phone: 'WhatsApp delivered it without content, and the phone did not repeat it in time.',
  phoneOnly: 'WhatsApp shows it on the phone only, for example because it may be viewed once.',
} as const;

/** `unavailable` stanzas for which Baileys asks nothing (7.0.0-rc14, `handleMessage`). */
const onPhoneOnly: ReadonlySet<string> = new Set([
  'bot_unavailable_fanout',
  'hosted_unavailable_fanout',
  'view_once_unavailable_fanout',
  'view_once',
]);

/** For all organizations; it outlives their sockets. */
export interface Unreadable {
  readonly arrived: (org: Org, stanza: BinaryNode) => void;
  /** Decryption failed, and the message was not kept earlier. */
  readonly failed: (org: Org, ref: StanzaRef, error: unknown) => void;
  readonly read: (org: Org, ref: StanzaRef) => void;
  /** The phone repeated what had come without content. */
  readonly repeated: (org: Org, id: string) => void;
  /** Acknowledgements with which Baileys gave up (487) or asked again (500), since the start. */
  readonly counts: () => { readonly gaveUp: number; readonly askedAgain: number };
  /** Reports at once what is still waited for. */
  readonly close: () => void;
}

export const trackUnreadable = (door: MessageDoor): Unreadable => {
  const entries = new Map<string, Entry>();
  const counts = { gaveUp: 0, askedAgain: 0 };
  let timer: NodeJS.Timeout | undefined;

  const report = (org: Org, which: Which, why: string): void => {
    if (door.isWanted(org)) door.unreadable(org, which, why);
  };
  const reportEntry = (key: string, { org, which, why }: Entry): void => {
    entries.delete(key);
    report(org, which, why);
  };
  /** Entries are due in the order in which they came. One timer serves all. */
  const sweep = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [key, entry] of entries) {
      const leftMs = entry.until - monotonicMs();
      if (leftMs > 0 && entries.size <= most) {
        timer = setTimeout(sweep, leftMs).unref();
        return;
      }
      reportEntry(key, entry);
    }
  };
  const wait = (org: Org, which: Which, why: string): void => {
    const key = keyOf(org, which.id);
    const entry = entries.get(key) ?? { org, which, why, failures: 0, until: monotonicMs() + repeatMs };
    entry.failures += 1;
    entries.set(key, entry);
    if (entry.failures > mostRepeats) reportEntry(key, entry);
    if (timer === undefined || entries.size > most) sweep();
  };

  return {
    arrived: (org, { attrs, content }) => {
      const { id = '', from = '', participant } = attrs as Readonly<Record<string, string>>;
      const children = Array.isArray(content) ? content : [];
      if (children.some(({ tag }) => tag === 'enc' || tag === 'plaintext')) return;
      if (isJidStatusBroadcast(from) || isJidNewsletter(from)) return;
      const which = participant === undefined ? { id, from } : { id, from, participant };
      const type = children.find(({ tag }) => tag === 'unavailable')?.attrs['type'] ?? '';
      if (onPhoneOnly.has(type)) report(org, which, reasons.phoneOnly);
      else wait(org, which, reasons.phone);
    },
    failed: (org, ref, error) => {
      if (isJidStatusBroadcast(ref.from)) return;
      const isFinal = error instanceof Error && error.message === usedKeys;
      counts[isFinal ? 'gaveUp' : 'askedAgain'] += 1;
      if (isFinal) report(org, whichOf(ref), reasons.used);
      else wait(org, whichOf(ref), reasons.failed);
    },
    read: (org, { id }) => void entries.delete(keyOf(org, id)),
    repeated: (org, id) => void entries.delete(keyOf(org, id)),
    counts: () => ({ ...counts }),
    close: () => {
      clearTimeout(timer);
      for (const [key, entry] of entries) reportEntry(key, entry);
    },
  };
};
