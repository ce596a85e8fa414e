/** What WhatsApp's acknowledgements and receipts mean for the messages that we sent. Pure. */
import { areJidsSameUser, type BinaryNode } from '@whiskeysockets/baileys';
import type { SentUpdate } from './port.ts';

/** The account is restricted, or a token for this contact is missing (WHATSAPP-FACTS.md#restriction). */
export const restrictedCode = 463;
/** The stanza was refused: usually an outdated list of devices (WHATSAPP-FACTS.md#refused-stanza). */
export const refusedCode = 479;

type Attributes = Readonly<Record<string, string>>;
const timeOf = ({ t }: Attributes, now: number): number => {
  const at = Number(t) * 1000;
  return Number.isFinite(at) && at > 0 ? at : now;
};

export const ofAcknowledgement = (attrs: Attributes, now: number): SentUpdate | undefined => {
  const { id, error } = attrs;
  if (id === undefined) return undefined;
  const at = timeOf(attrs, now);
  return error === undefined
    ? { whatsappId: id, state: 'sent', at }
    : { whatsappId: id, state: 'failed', statusCode: Number(error) || 0, at };
};

/**
 * Types of receipts about our own messages. Absent on purpose: `sender` and `read-self` come from our own
 * devices, and `retry` asks for the message once more, so it has not been delivered.
 */
const states: ReadonlyMap<string, SentUpdate['state']> = new Map([
  ['', 'delivered'],
  ['inactive', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
]);
const idsOf = ({ attrs, content }: BinaryNode): readonly string[] => {
  const lists = Array.isArray(content) ? content.filter(({ tag }) => tag === 'list') : [];
  const items = lists.flatMap((list) => (Array.isArray(list.content) ? list.content : []));
  return [attrs, ...items.map((item) => item.attrs)].flatMap(({ id }) => id ?? []);
};
/** `me`: our own ids. In a group, the first member's receipt counts for the message. */
export const ofReceipt = (
  receipt: BinaryNode,
  me: { readonly id?: string; readonly lid?: string } | undefined,
  now: number,
): readonly SentUpdate[] => {
  const { attrs } = receipt;
  const state = states.get(attrs['type'] ?? '');
  const by = attrs['participant'] ?? attrs['from'];
  if (state === undefined || areJidsSameUser(by, me?.id) || areJidsSameUser(by, me?.lid)) return [];
  const at = timeOf(attrs, now);
  return idsOf(receipt).map((whatsappId) => ({ whatsappId, state, at }));
};
