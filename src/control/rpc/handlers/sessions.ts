/** The methods that show and command sessions. */
import type { Refusal, SessionCommand } from '../../../../machines/domain/commands.ts';
import type { Org } from '../../../../machines/domain/ports.ts';
import type { PairingUpdate, SessionView } from '../../../../machines/domain/view.ts';
import type { Principal } from '../../../keys/principal.ts';
import type { sessionMethods } from '../../../protocol/methods/sessions.ts';
import type { Result } from '../../../protocol/methods.ts';
import { messageOfReason } from '../../../protocol/reasons.ts';
import { canSee } from '../../access/authorize.ts';
import type { CommandAnswer, Supervision } from '../../port.ts';
import { randomId } from '../../random-ids.ts';
import { RequestError } from '../request-error.ts';
import { iso, sessionFor } from '../translate.ts';
import { type Caller, type Handlers, unknownOrg } from './handler.ts';

export interface SessionDeps {
  readonly supervision: Supervision;
}
type Context = SessionDeps & Caller;
type CommandDone = Extract<CommandAnswer, { ok: true }>;

const messageFor = (principal: Principal, { message, names, reason }: Refusal): string => {
  if (names !== undefined && !canSee(principal, names.org)) return names.without;
  return reason === undefined ? message : `${message} ${messageOfReason(reason)}`;
};

/** Throws `RequestError` when the command is not accepted. */
const execute = async (
  { supervision, principal }: Context,
  org: Org,
  command: SessionCommand,
): Promise<CommandDone> => {
  if (supervision.draining())
    throw new RequestError(
      'unavailable',
      'The server is shutting down. Connect again in a moment and repeat.',
    );
  const answer = await supervision.command(org, command);
  if (answer.ok) return answer;
  switch (answer.kind) {
    case 'not_found':
      throw unknownOrg(org);
    case 'invalid_state': {
      const { state, allowed } = answer;
      throw new RequestError('invalid_state', messageFor(principal, answer), { state, allowed });
    }
    case 'unavailable':
      throw new RequestError('unavailable', answer.message);
  }
};
const resultFor = (principal: Principal, { session, changed, durable }: CommandDone) => {
  if (session === null) throw new Error('a command that ends no session answered without one');
  return { session: sessionFor(principal, session), changed, durable };
};
const executeForResult = async (context: Context, org: Org, command: SessionCommand) =>
  resultFor(context.principal, await execute(context, org, command));

/** `shown`: the last QR or code, if it is still valid. It may be that of an earlier pairing. */
const pairingOf = (
  { id, method, expiresAt }: NonNullable<SessionView['pairing']>,
  shown: PairingUpdate | undefined,
): Result<'session.pairing'>['pairing'] => {
  const present = shown?.pairingId === id ? shown : undefined;
  return {
    pairingId: id,
    method,
    expiresAt: iso(expiresAt),
    qr:
      present?.status === 'qr'
        ? { text: present.qr, attempt: present.attempt, expiresAt: iso(present.expiresAt) }
        : null,
    code: present?.status === 'code' ? { text: present.code, expiresAt: iso(present.expiresAt) } : null,
  };
};

const byOrg = (a: SessionView, b: SessionView) => (a.org < b.org ? -1 : 1);

export const sessionHandlers: Handlers<keyof typeof sessionMethods, SessionDeps> = {
  'session.list': ({ limit, cursor, states }, { principal, supervision }) => {
    const wanted = supervision
      .list()
      .filter(({ org }) => canSee(principal, org) && (cursor === undefined || org > cursor))
      .filter(({ state }) => states === undefined || states.includes(state))
      .sort(byOrg);
    const page = wanted.slice(0, limit);
    const hasMore = wanted.length > limit;
    return {
      items: page.map((view) => sessionFor(principal, view)),
      nextCursor: hasMore ? (page.at(-1)?.org ?? null) : null,
    };
  },
  'session.get': ({ orgId }, { principal, supervision }) => {
    const view = supervision.get(orgId);
    if (view === undefined) throw unknownOrg(orgId);
    return { session: sessionFor(principal, view) };
  },
  'session.restore': ({ orgId, force }, context) =>
    executeForResult(context, orgId, { type: 'session.restore', force }),
  'session.retry': ({ orgId, force }, context) =>
    executeForResult(context, orgId, { type: 'session.retry', force }),
  'session.stop': ({ orgId }, context) => executeForResult(context, orgId, { type: 'session.stop' }),
  'session.cancelPairing': ({ orgId }, context) =>
    executeForResult(context, orgId, { type: 'session.cancelPairing' }),
  'session.pair': async ({ orgId, method, phoneNumber, replaceAccount }, context) => {
    const id = randomId('pair').replaceAll('_', '-'); // it also names a directory
    const done = await execute(context, orgId, {
      type: 'session.pair',
      pairing: { id, method, phoneNumber, replaceAccount },
    });
    const pairing = done.session?.pairing;
    return {
      ...resultFor(context.principal, done),
      pairingId: pairing?.id ?? id,
      expiresAt: pairing ? iso(pairing.expiresAt) : null,
    };
  },
  'session.pairing': ({ orgId }, { principal, supervision }) => {
    const view = supervision.get(orgId);
    if (view === undefined) throw unknownOrg(orgId);
    return {
      session: sessionFor(principal, view),
      pairing: view.pairing && pairingOf(view.pairing, supervision.pairingOf(orgId)),
    };
  },
  'session.logout': async ({ orgId }, context) => {
    const { changed, durable, unlinked = false } = await execute(context, orgId, { type: 'session.logout' });
    return { session: null, unlinked, changed, durable };
  },
};
