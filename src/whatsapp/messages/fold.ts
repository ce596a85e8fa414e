/**
 * What an arrived message means for clients: WhatsApp's own format becomes entries of the inbox. Pure, and
 * without a fault for whatever a stranger sends.
 */
import { proto, unpadRandomMax16 } from '@whiskeysockets/baileys';
import type { Org } from '../../../machines/domain/ports.ts';
import type { MessageChange } from '../../protocol/messages.ts';
import { type Envelope, envelopeOfInfo, envelopeOfStanza, isPost } from './envelope.ts';
import { repetitionsIn } from './peer.ts';
import { personOf } from './people.ts';
import type { ArrivedMessage, Folded, UnnumberedItem } from './port.ts';
import { editedText, readContent } from './received-content.ts';
import { fieldOf, type Unwrapped, unwrap } from './unwrap.ts';

const { Type } = proto.Message.ProtocolMessage;
/**
 * Nothing for a client: votes are encrypted for the author of the poll, and an album only announces the media
 * that follow it.
 */
const silent: ReadonlySet<string> = new Set(['pollUpdateMessage', 'albumMessage']);

const directionOf = ({ key }: Envelope) => (key.fromMe ? 'outgoing' : 'incoming');
const foldedAs = (envelope: Envelope, item: UnnumberedItem, rest?: Partial<Folded>): Folded => ({
  items: [item],
  media: [],
  quoted: null,
  key: envelope.key,
  ...rest,
});

const contextOf = (content: proto.IMessage): proto.IContextInfo | undefined => {
  const field = fieldOf(content);
  const value: unknown = field && content[field];
  const inner = typeof value === 'object' && value !== null ? (value as { contextInfo?: unknown }) : {};
  return (inner.contextInfo as proto.IContextInfo | null) ?? undefined;
};

const changed = (
  envelope: Envelope,
  key: proto.IMessageKey | null | undefined,
  change: Pick<MessageChange, 'change' | 'text' | 'emoji'>,
): Folded | undefined => {
  if (!key?.id) return undefined;
  const { chat, contact, timestamp } = envelope;
  const direction = directionOf(envelope);
  return foldedAs(envelope, {
    type: 'message.changed',
    // the rows know which message has this WhatsApp id in the chat
    change: { messageId: null, whatsappId: key.id, ...change, direction, chat, contact, timestamp },
  });
};
const foldEdit = (envelope: Envelope, { key, editedMessage }: proto.Message.IProtocolMessage) => {
  const { content = {} } = unwrap(editedMessage ?? {});
  const body = editedText(fieldOf(content), content);
  return changed(envelope, key, { change: 'edited', ...(body !== undefined && { text: { body } }) });
};

const foldContent = (
  envelope: Envelope,
  content: proto.IMessage,
  field: keyof proto.IMessage,
  outside: Unwrapped,
): Folded => {
  const { chat, contact, pushName, wasOffline, timestamp } = envelope;
  const read = readContent(envelope.id, field, content, outside.isViewOnce);
  const context = contextOf(content);
  const direction = directionOf(envelope);
  const whatsappId = context?.stanzaId;
  const message = {
    id: envelope.id,
    whatsappId: envelope.key.id,
    direction,
    chat,
    contact,
    pushName,
    ...read.content,
    replyTo: whatsappId ? { id: null, whatsappId } : null,
    mentions: (context?.mentionedJid ?? []).map(personOf).filter(({ phone, lid }) => phone ?? lid),
    forwarded: context?.isForwarded === true,
    isEphemeral: outside.isEphemeral || Number(context?.expiration ?? 0) > 0,
    wasOffline,
    timestamp,
  } as const;
  const isKept = read.content.type !== 'view_once';
  return foldedAs(
    envelope,
    { type: direction === 'outgoing' ? 'message.sent_elsewhere' : 'message.received', message },
    {
      media: read.media,
      quoted: isKept ? Buffer.from(proto.Message.encode(content).finish()).toString('base64') : null,
    },
  );
};

const foldMessage = (envelope: Envelope, message: proto.IMessage): Folded | undefined => {
  if (isPost(envelope)) return undefined;
  const outside = unwrap(message);
  const content = outside.content ?? {};
  const field = fieldOf(content) ?? (outside.isViewOnce ? 'viewOnceMessage' : undefined);
  if (field === undefined || silent.has(field)) return undefined;
  if (field === 'reactionMessage') {
    const { key, text } = content.reactionMessage ?? {};
    return changed(envelope, key, { change: 'reacted', emoji: text ?? '' });
  }
  if (field !== 'protocolMessage') return foldContent(envelope, content, field, outside);
  const protocol = content.protocolMessage ?? {};
  if (protocol.type === Type.MESSAGE_EDIT) return foldEdit(envelope, protocol);
  // REVOKE is 0, which the encoding may leave out
  const isRevoke = (protocol.type ?? Type.REVOKE) === Type.REVOKE;
  return isRevoke ? changed(envelope, protocol.key, { change: 'deleted' }) : undefined;
};

/** Messages that our phone repeats because they reached us without content. */
const repeatedBy = (org: Org, arrived: ArrivedMessage, message: proto.IMessage): readonly Folded[] =>
  repetitionsIn(message).flatMap((bytes) => {
    const info = proto.WebMessageInfo.decode(bytes);
    const envelope = envelopeOfInfo(org, info, arrived);
    return (envelope && info.message && foldMessage(envelope, info.message)) ?? [];
  });

const foldDecoded = (org: Org, arrived: ArrivedMessage): readonly Folded[] => {
  const message = proto.Message.decode(unpadRandomMax16(Buffer.from(arrived.plaintext, 'base64')));
  const { deviceSentMessage: sent } = message;
  // anyone may send such a message; only our own devices speak for us
  const repeated = arrived.fromMe ? repeatedBy(org, arrived, sent?.message ?? message) : [];
  if (repeated.length > 0) return repeated;
  const envelope = envelopeOfStanza(org, arrived, sent?.destinationJid ?? undefined);
  const folded = foldMessage(envelope, sent?.message ?? message);
  return folded ? [folded] : [];
};

const unreadable = (org: Org, arrived: ArrivedMessage): Folded => {
  const envelope = envelopeOfStanza(org, arrived, undefined);
  const { key, chat, contact, timestamp } = envelope;
  return foldedAs(envelope, {
    type: 'message.unreadable',
    unreadable: { whatsappId: key.id, chat, contact, why: 'Its content cannot be decoded.', timestamp },
  });
};

/**
 * One for each message that the arrived one carries: usually one, several when the phone repeats some, and
 * none for what is not a message, such as keys of a group, history or settings. Never throws.
 */
export const fold = (org: Org, arrived: ArrivedMessage): readonly Folded[] => {
  try {
    return foldDecoded(org, arrived);
  } catch {
    // not WhatsApp's format, whatever it is: the client receives that
    return [unreadable(org, arrived)];
  }
};
