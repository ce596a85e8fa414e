/** What the control API calls. The shape is that of `Messages` in `src/control/messages-port.ts`. */
import type { Org } from '../../machines/domain/ports.ts';
import type { MessageState, SentMessage } from '../protocol/messages.ts';
import type { Accepted, SendOrder } from './accept.ts';
import type { ApiDeps } from './api-deps.ts';
import { forgetContact } from './forget.ts';
import { guarded } from './guarded.ts';
import { sumOf } from './hours.ts';
import type { Refusal } from './refusal.ts';
import { waIdOf } from './rows.ts';
import { publicMessage } from './sent.ts';
import { socketCallsOf } from './socket-calls.ts';

export const apiOf = (deps: ApiDeps) => {
  const { sent, inbox, states, runner, acceptance, policy, now } = deps;
  const messageOf = (org: Org, waId: string | undefined): SentMessage | undefined => {
    const row = waId === undefined ? undefined : sent.get(org, waId);
    return waId === undefined || row === undefined ? undefined : publicMessage(org, waId, row);
  };
  /** Resolves when WhatsApp took the message or will not, or with a refusal when that takes too long. */
  const settled = async ({ message, replayed }: Accepted): Promise<Accepted | Refusal> => {
    const { orgId: org, whatsappId: waId } = message;
    let stop = () => {};
    const isSettled = () => !['queued', 'sending'].includes(sent.get(org, waId)?.state ?? 'failed');
    const timer = await new Promise<NodeJS.Timeout>((resolve) => {
      const deadline = setTimeout(() => resolve(deadline), policy.ackMs);
      stop = sent.watch(org, waId, () => isSettled() && resolve(deadline));
      if (isSettled()) resolve(deadline);
    });
    clearTimeout(timer);
    stop();
    const latest = messageOf(org, waId) ?? message;
    if (isSettled() && latest.state !== 'unknown') return { message: latest, replayed };
    return { refused: 'timeout', message: 'WhatsApp did not acknowledge it in time.', sent: latest };
  };
  return {
    ...socketCallsOf(deps),
    send: async (order: SendOrder): Promise<Accepted | Refusal> => {
      const accepted = await guarded(() => acceptance.send(order));
      return 'refused' in accepted || order.waitFor === 'accepted' ? accepted : settled(accepted);
    },
    get: (org: Org, id: string) => messageOf(org, waIdOf(id)),
    list: (
      org: Org,
      page: { state?: MessageState | undefined; before?: string | undefined; limit: number },
    ) => {
      const before = page.before === undefined ? Number.POSITIVE_INFINITY : Number(page.before);
      return sent.list(org, page.state, Number.isNaN(before) ? 0 : before, page.limit);
    },
    cancel: async (org: Org, id: string): Promise<SentMessage | Refusal> => {
      const waId = waIdOf(id);
      const error = { reason: 'cancelled', message: 'It was cancelled before it was sent.' } as const;
      const message = messageOf(org, waId);
      if (waId === undefined || message === undefined)
        return { refused: 'not_found', message: `There is no message "${id}" here.` };
      const row = await guarded(() => runner.apply(org, waId, 'cancelled', { error }));
      if (row !== undefined) return 'refused' in row ? row : publicMessage(org, waId, row);
      const { state } = messageOf(org, waId) ?? message;
      return {
        refused: 'invalid_state',
        message: `The message is ${state}: only a queued one ends so.`,
        state,
      };
    },
    inbox: (org: Org, { after, limit }: { after: number; limit: number }) => inbox.page(org, after, limit),
    forget: (org: Org, contact: string) => forgetContact(deps, org, contact),
    counts: (org: Org) => {
      const [out, inState] = [states.of(org), inbox.states.of(org)];
      return {
        ...runner.counts(org),
        unknown: out.unknown,
        sent24h: sumOf(out.hours, now()),
        received24h: sumOf(inState.hours, now()),
        lastSentAt: out.lastAt,
        lastReceivedAt: inState.lastAt,
        restriction: deps.isRestricted(org) ? out.restriction : null,
      };
    },
  };
};
