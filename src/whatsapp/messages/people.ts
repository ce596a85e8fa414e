/** Which person or chat a jid names. */
import { isJidBroadcast, isJidGroup, jidDecode } from '@whiskeysockets/baileys';
import type { Contact, ReceivedMessage } from '../../protocol/messages.ts';

export type Chat = ReceivedMessage['chat'];

const stranger: Contact = { phone: null, lid: null };
/** WhatsApp writes people hosted by its Cloud API with these servers, under the same numbers. */
const phoneServers: ReadonlySet<string> = new Set(['s.whatsapp.net', 'c.us', 'hosted']);
const lidServers: ReadonlySet<string> = new Set(['lid', 'hosted.lid']);

/** The person without the device. Both are null when the jid names none. */
export const personOf = (jid: string | null | undefined): Contact => {
  const { user = '', server = '' } = jid ? (jidDecode(jid) ?? {}) : {};
  if (user === '') return stranger;
  if (phoneServers.has(server)) return { phone: user, lid: null };
  return lidServers.has(server) ? { phone: null, lid: `${user}@lid` } : stranger;
};
/** What several jids of one person say together. Of two that differ, the first counts. */
export const contactOf = (...jids: readonly (string | null | undefined)[]): Contact => {
  const people = jids.map(personOf);
  return {
    phone: people.find(({ phone }) => phone !== null)?.phone ?? null,
    lid: people.find(({ lid }) => lid !== null)?.lid ?? null,
  };
};
/** A person's name within one organization: the LID when it is known, since a phone may change hands. */
export const nameOf = ({ phone, lid }: Contact): string => lid ?? phone ?? '';

/** `jid`: the chat. A chat with a person has the person's name. */
export const chatOf = (jid: string, partner: Contact): Chat => {
  if (isJidGroup(jid)) return { id: jid, kind: 'group' };
  if (isJidBroadcast(jid)) return { id: jid, kind: 'broadcast' };
  return { id: nameOf(partner) || jid, kind: 'person' };
};
