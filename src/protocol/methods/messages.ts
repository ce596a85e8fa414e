/** Methods that send messages, and read what became of them and what arrived. */
import { z } from 'zod';
import { InboxItem, MessageState, Restriction, SentMessage, sendTypes } from '../messages.ts';
import { OrgId, Timestamp } from '../session.ts';
import { Phone, Recipient } from './contacts.ts';
import {
  contentConditions,
  contentShape,
  MessageId,
  mayMention,
  mayReply,
  problemsOfContent,
} from './message-content.ts';
import type { MethodSpec } from './spec.ts';

const org = z.strictObject({ orgId: OrgId });
const one = org.extend({ messageId: MessageId });
const Mention = z.union([Phone, z.string().regex(/^[0-9]{3,20}@lid$/)], {
  error: 'A mention is a phone number or a lid, as events give them in contact.',
});

const sendParams = org
  .extend({
    to: Recipient,
    type: z.enum(sendTypes, `type is one of ${sendTypes.join(', ')}.`),
    ...contentShape,
    /**
     * The same key with the same message is one message, for 72 hours: repeat a call whose answer was lost
     * with the same key.
     */
    idempotencyKey: z.string().min(1).max(128),
    replyTo: MessageId.optional(),
    mentions: z.array(Mention).min(1).max(100).optional(),
    priority: z.enum(['high', 'normal', 'low']).default('normal'),
    /** A message that could not be sent within this time becomes `failed` with the reason `expired`. */
    expiresInMs: z.int().min(1_000).max(86_400_000).default(60_000),
    /** `sent`: answer when WhatsApp has taken it, or after 30 s with the error `timeout`. */
    waitFor: z.enum(['accepted', 'sent']).default('accepted'),
    /** Sends a message that is `unknown`, or failed as `rejected` or `expired`, again under the same id. */
    retry: z.boolean().default(false),
  })
  .superRefine((given, context) => {
    const add = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    for (const { path, message } of problemsOfContent(given)) add(path, message);
    if (given.replyTo !== undefined && !mayReply(given.type))
      add('replyTo', `A message of the type "${given.type}" cannot be a reply.`);
    if (given.mentions !== undefined && !mayMention(given.type))
      add('mentions', `A message of the type "${given.type}" cannot mention a person.`);
  })
  .meta({ anyOf: contentConditions });

export const messageMethods = {
  'message.send': {
    scope: 'messages:send',
    doc:
      'Sends one message. It is answered when the message is durable, not when WhatsApp took it: ' +
      '"message.updated" and message.get show the rest. "replayed" is true when the key was used before ' +
      'for the same message.',
    params: sendParams,
    result: z.object({ message: SentMessage, replayed: z.boolean() }),
  },
  'message.get': {
    scope: 'messages:send',
    doc: 'One message that was sent with message.send within 72 hours. It has no content.',
    params: one,
    result: z.object({ message: SentMessage }),
  },
  'message.list': {
    scope: 'messages:send',
    doc: 'The messages of message.send within 72 hours, newest first, a page at a time, without content.',
    params: org.extend({
      state: MessageState.optional(),
      limit: z.int().min(1).max(200).default(50),
      cursor: z.string().min(1).max(256).optional(),
    }),
    result: z.object({ items: z.array(SentMessage), nextCursor: z.string().nullable() }),
  },
  'message.cancel': {
    scope: 'messages:send',
    doc: 'Cancels a message that is still `queued`. Any other state is invalid_state.',
    params: one,
    result: z.object({ message: SentMessage }),
  },
  'message.markRead': {
    scope: 'messages:send',
    doc:
      'Marks received messages as read. The sender may not see it: Vigía never becomes "online", and ' +
      'WhatsApp may show no blue ticks then.',
    params: org.extend({ messages: z.array(MessageId).min(1).max(100) }),
    result: z.object({ count: z.int().nonnegative() }),
  },
  'message.forget': {
    scope: 'messages:send',
    doc:
      'Erases what Vigía keeps of a contact’s messages: content, media, and rows of messages to it. ' +
      'WhatsApp and the phones keep theirs.',
    params: org.extend({ contact: Recipient }),
    result: z.object({ count: z.int().nonnegative() }),
  },
  'message.counts': {
    scope: 'sessions:read',
    doc: 'How many messages wait, and were sent and received within 24 hours. It has no content.',
    params: org,
    result: z.object({
      queued: z.int().nonnegative(),
      sending: z.int().nonnegative(),
      unknown: z.int().nonnegative(),
      sent24h: z.int().nonnegative(),
      received24h: z.int().nonnegative(),
      lastSentAt: Timestamp.nullable(),
      lastReceivedAt: Timestamp.nullable(),
      /** While WhatsApp refuses messages to new contacts. */
      restriction: Restriction.nullable(),
    }),
  },
  'inbox.list': {
    scope: 'messages:read',
    doc:
      'What arrived after the entry "after", oldest first: for a client that was away and has no webhook. ' +
      'Entries are kept for MESSAGES_KEEP_HOURS, and until every webhook that wants them has them.',
    params: org.extend({
      after: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(100).default(50),
    }),
    /** `lastSeq`: the newest entry of all. */
    result: z.object({ items: z.array(InboxItem), lastSeq: z.int().nonnegative() }),
  },
  'chat.setTyping': {
    scope: 'messages:send',
    doc:
      'Shows "typing…" or "recording audio…" for a while. It may not show: Vigía never becomes "online", ' +
      'so that the phone keeps its notifications.',
    params: org.extend({
      to: Recipient,
      state: z.enum(['composing', 'recording', 'paused']),
      ms: z.int().min(1).max(25_000).default(10_000),
    }),
    result: z.object({}),
  },
} as const satisfies Record<string, MethodSpec>;
