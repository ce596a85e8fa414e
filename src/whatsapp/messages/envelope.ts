/** What surrounds a message: which one it is, and who wrote it where and when. */
import { createHash } from 'node:crypto';
import { isJidNewsletter, isJidStatusBroadcast, type proto } from '@whiskeysockets/baileys';
import type { Org } from '../../../machines/domain/ports.ts';
import type { Contact } from '../../protocol/messages.ts';
import { type Chat, chatOf, contactOf, nameOf } from './people.ts';
import type { ArrivedMessage, Folded } from './port.ts';

export interface Envelope {
  readonly org: Org;
  /** `msg_…` */
  readonly id: string;
  readonly key: Folded['key'];
  readonly chat: Chat;
  /** The sender; of a message that we sent to a person, the recipient. */
  readonly contact: Contact;
  readonly pushName: string | null;
  readonly wasOffline: boolean;
  /** ISO 8601 */
  readonly timestamp: string;
}

/** 144 bits: no two messages share an id, and none shows whom it concerns. */
const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);
/**
 * The id of a message for clients. Only all four together identify it, because senders choose the id of
 * WhatsApp themselves.
 * `sender`: '' for ourselves.
 */
export const messageIdOf = (org: Org, chat: string, sender: string, whatsappId: string): string =>
  `msg_${digestOf([org, chat, sender, whatsappId])}`;
export const mediaIdOf = (messageId: string, directPath: string): string =>
  `med_${digestOf([messageId, directPath])}`;

/** The years that ISO 8601 writes with four digits. */
const lastMs = Date.UTC(9999, 11, 31);
const timeOf = (seconds: unknown, arrivedAt: number): string => {
  const ms = Number(seconds) * 1_000;
  return new Date(ms > 0 && ms < lastMs ? ms : arrivedAt).toISOString();
};

const envelopeOf = (
  org: Org,
  key: Folded['key'],
  contact: Contact,
  rest: Pick<Envelope, 'pushName' | 'wasOffline' | 'timestamp'>,
): Envelope => {
  const chat = chatOf(key.remoteJid, contact);
  const id = messageIdOf(org, chat.id, key.fromMe ? '' : nameOf(contact), key.id);
  return { org, id, key, chat, contact, ...rest };
};

/** In a chat with a person only our own stanzas name a recipient. */
const contactOfStanza = ({ attrs: a, fromMe }: ArrivedMessage): Contact => {
  if (a['participant'] !== undefined)
    return contactOf(a['participant'], a['participant_pn'], a['participant_lid']);
  if (!fromMe || a['recipient'] === undefined) return contactOf(a['from'], a['sender_pn'], a['sender_lid']);
  return contactOf(
    a['recipient'],
    a['recipient_pn'],
    a['recipient_lid'],
    a['peer_recipient_pn'],
    a['peer_recipient_lid'],
  );
};

/** `destination`: the chat that our other device names inside the message. */
export const envelopeOfStanza = (
  org: Org,
  arrived: ArrivedMessage,
  destination: string | undefined,
): Envelope => {
  const { attrs, id, from, participant, fromMe, at } = arrived;
  const isPeer = participant === undefined && fromMe;
  const remoteJid = (isPeer ? (attrs['recipient'] ?? destination) : undefined) ?? from;
  const recipient = remoteJid === from ? {} : { recipient: remoteJid };
  const key = { id, remoteJid, fromMe, ...(participant !== undefined && { participant }) };
  return envelopeOf(org, key, contactOfStanza({ ...arrived, attrs: { ...attrs, ...recipient } }), {
    pushName: attrs['notify'] ?? null,
    wasOffline: attrs['offline'] !== undefined,
    timestamp: timeOf(attrs['t'], at),
  });
};
/** A message that our phone repeats for us. Undefined without the key that identifies it. */
export const envelopeOfInfo = (
  org: Org,
  info: proto.IWebMessageInfo,
  { attrs, at }: ArrivedMessage,
): Envelope | undefined => {
  const { id, remoteJid, fromMe } = info.key ?? {};
  const participant = info.key?.participant || info.participant || undefined;
  if (!id || !remoteJid) return undefined;
  const key = { id, remoteJid, fromMe: fromMe === true, ...(participant !== undefined && { participant }) };
  return envelopeOf(org, key, contactOf(participant ?? remoteJid), {
    pushName: info.pushName ?? null,
    wasOffline: attrs['offline'] !== undefined,
    timestamp: timeOf(info.messageTimestamp, at),
  });
};
/** Posts for everyone, not messages to the organization. */
export const isPost = ({ key: { remoteJid } }: Envelope): boolean =>
  Boolean(isJidStatusBroadcast(remoteJid) || isJidNewsletter(remoteJid));
