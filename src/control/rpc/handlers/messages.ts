/** The methods that send messages and read the inbox. */
import type { Org } from '../../../../machines/domain/ports.ts';
import type { messageMethods } from '../../../protocol/methods/messages.ts';
import type { Result } from '../../../protocol/methods.ts';
import { isRefusal, type MessageCounts, type Messages, type SendRefusal } from '../../messages-port.ts';
import type { Supervision } from '../../port.ts';
import { RequestError } from '../request-error.ts';
import { isoOrNull } from '../translate.ts';
import { type Handlers, unknownOrg } from './handler.ts';

export interface MessageDeps {
  readonly messages: Messages;
  readonly supervision: Supervision;
}

const errorOf = (refusal: SendRefusal): RequestError => {
  const { message } = refusal;
  switch (refusal.refused) {
    case 'invalid_params':
      return new RequestError('invalid_params', message, { issues: [{ path: refusal.path, message }] });
    case 'invalid_state':
      return new RequestError('invalid_state', message, { state: refusal.state, allowed: [] });
    case 'queue_full':
      return new RequestError('rate_limited', message, {
        cause: 'queue_full',
        retryAfterMs: refusal.retryAfterMs,
      });
    case 'restricted':
      return new RequestError('restricted', message, { until: isoOrNull(refusal.until) });
    case 'timeout':
      return new RequestError('timeout', message, { message: refusal.sent });
    default:
      return new RequestError(refusal.refused, message);
  }
};
/** Throws `RequestError` for a refusal. */
export const accepted = <T extends object | number | undefined>(answer: T | SendRefusal): T => {
  if (typeof answer === 'object' && isRefusal(answer)) throw errorOf(answer);
  return answer as T;
};

/** Throws when nothing may be sent: during a shutdown, or for an organization that is not there. */
export const mustBeOpen = ({ supervision }: MessageDeps, org: Org): void => {
  if (supervision.draining())
    throw new RequestError(
      'unavailable',
      'The server is shutting down. Connect again in a moment and repeat.',
    );
  if (supervision.get(org) === undefined) throw unknownOrg(org);
};
const unknownMessage = (messageId: string) =>
  new RequestError('not_found', `There is no message "${messageId}" here: it is kept for 72 hours.`);

const countsOf = (counts: MessageCounts): Result<'message.counts'> => ({
  queued: counts.queued,
  sending: counts.sending,
  unknown: counts.unknown,
  sent24h: counts.sent24h,
  received24h: counts.received24h,
  lastSentAt: isoOrNull(counts.lastSentAt),
  lastReceivedAt: isoOrNull(counts.lastReceivedAt),
  restriction: counts.restriction,
});

export const messageHandlers: Handlers<keyof typeof messageMethods, MessageDeps> = {
  'message.send': async (params, { messages, principal, ...deps }) => {
    const { orgId, type, ...order } = params;
    mustBeOpen({ messages, ...deps }, orgId);
    const content = params[type];
    const { to, idempotencyKey, replyTo, mentions, priority, expiresInMs, waitFor, retry } = order;
    const rest = { to, idempotencyKey, replyTo, mentions, priority, expiresInMs, waitFor, retry };
    // a rotated key keeps its name, and stays the same caller
    return accepted(await messages.send({ org: orgId, principal: principal.name, type, content, ...rest }));
  },
  'message.get': ({ orgId, messageId }, { messages }) => {
    const message = messages.get(orgId, messageId);
    if (message === undefined) throw unknownMessage(messageId);
    return { message };
  },
  'message.list': ({ orgId, state, limit, cursor }, { messages, supervision }) => {
    if (supervision.get(orgId) === undefined) throw unknownOrg(orgId);
    const { items, next } = messages.list(orgId, { state, before: cursor, limit });
    return { items: [...items], nextCursor: next };
  },
  'message.cancel': async ({ orgId, messageId }, { messages }) => ({
    message: accepted(await messages.cancel(orgId, messageId)),
  }),
  'message.markRead': async ({ orgId, messages: ids }, { messages, ...deps }) => {
    mustBeOpen({ messages, ...deps }, orgId);
    return { count: accepted(await messages.markRead(orgId, ids)) };
  },
  'message.forget': async ({ orgId, contact }, { messages, supervision }) => {
    if (supervision.get(orgId) === undefined) throw unknownOrg(orgId);
    return { count: await messages.forget(orgId, contact) };
  },
  'message.counts': ({ orgId }, { messages, supervision }) => {
    if (supervision.get(orgId) === undefined) throw unknownOrg(orgId);
    return countsOf(messages.counts(orgId));
  },
  'inbox.list': ({ orgId, after, limit }, { messages, supervision }) => {
    if (supervision.get(orgId) === undefined) throw unknownOrg(orgId);
    const { items, last } = messages.inbox(orgId, { after, limit });
    return { items: [...items], lastSeq: last };
  },
  'chat.setTyping': async ({ orgId, to, state, ms }, { messages, ...deps }) => {
    mustBeOpen({ messages, ...deps }, orgId);
    accepted(await messages.typing(orgId, to, state, ms));
    return {};
  },
};
