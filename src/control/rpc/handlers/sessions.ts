/** Looking at sessions, and commanding them. */
import type { Refusal, SessionCommand } from '../../../../machines/domain/commands.ts';
import type { Org } from '../../../../machines/domain/ports.ts';
import type { Principal } from '../../../keys/principal.ts';
import type { sessionMethods } from '../../../protocol/methods/sessions.ts';
import { sees } from '../../access/authorize.ts';
import type { CommandAnswer, Supervision } from '../../port.ts';
import { randomId } from '../../random-ids.ts';
import { RpcError } from '../refusal.ts';
import { iso, sessionFor } from '../translate.ts';
import { type Caller, type Handlers, unknownOrg } from './handler.ts';

export interface SessionPorts {
  readonly supervision: Supervision;
}
type Done = Extract<CommandAnswer, { ok: true }>;

const commanded = async ({ supervision, principal }: SessionPorts & Caller, org: Org, command: SessionCommand): Promise<Done> => {
  if (supervision.draining()) throw new RpcError('unavailable', 'The server is shutting down. Connect again in a moment and repeat.');
  const answer = await supervision.command(org, command);
  if (answer.ok) return answer;
  switch (answer.kind) {
    case 'not_found':
      throw unknownOrg(org);
    case 'invalid_state':
      throw new RpcError('invalid_state', discreetly(principal, answer), { state: answer.state, allowed: answer.allowed });
    case 'unavailable':
      throw new RpcError('unavailable', answer.message);
  }
};
const discreetly = (principal: Principal, { message, names }: Refusal): string =>
  names === undefined || sees(principal, names.org) ? message : names.without;
const accepted = (principal: Principal, { session, changed, durable }: Done) => {
  if (session === null) throw new Error('a command that ends no session answered without one');
  return { session: sessionFor(principal, session), changed, durable };
};
const commanding =
  (type: 'session.restore' | 'session.retry') =>
  async ({ orgId, force }: { orgId: Org; force?: boolean | undefined }, context: SessionPorts & Caller) =>
    accepted(context.principal, await commanded(context, orgId, { type, ...(force !== undefined && { force }) }));

export const sessionHandlers: Handlers<keyof typeof sessionMethods, SessionPorts> = {
  'session.list': ({ limit, cursor, states: wanted }, { principal, supervision }) => {
    const all = supervision
      .list()
      .filter(
        (view) =>
          sees(principal, view.org) && (wanted === undefined || wanted.includes(view.state)) && (cursor === undefined || view.org > cursor),
      )
      .sort((a, b) => (a.org < b.org ? -1 : 1));
    const page = all.slice(0, limit);
    return { items: page.map((view) => sessionFor(principal, view)), nextCursor: all.length > limit ? (page.at(-1)?.org ?? null) : null };
  },
  'session.get': ({ orgId }, { principal, supervision }) => {
    const view = supervision.get(orgId);
    if (view === undefined) throw unknownOrg(orgId);
    return { session: sessionFor(principal, view) };
  },
  'session.restore': commanding('session.restore'),
  'session.retry': commanding('session.retry'),
  'session.stop': async ({ orgId }, context) => accepted(context.principal, await commanded(context, orgId, { type: 'session.stop' })),
  'session.cancelPairing': async ({ orgId }, context) =>
    accepted(context.principal, await commanded(context, orgId, { type: 'session.cancelPairing' })),
  'session.pair': async ({ orgId, method, phoneNumber, replaceAccount }, context) => {
    const id = randomId('pair').replaceAll('_', '-'); // also the name of a directory, in which an id begins with a letter
    const done = await commanded(context, orgId, {
      type: 'session.pair',
      pairing: { id, method, ...(phoneNumber !== undefined && { phoneNumber }), ...(replaceAccount !== undefined && { replaceAccount }) },
    });
    const { pairing } = done.session ?? {};
    return { ...accepted(context.principal, done), pairingId: pairing?.id ?? id, expiresAt: pairing ? iso(pairing.expiresAt) : null };
  },
  'session.logout': async ({ orgId }, context) => {
    const { changed, durable, unlinked = false } = await commanded(context, orgId, { type: 'session.logout' });
    return { session: null, unlinked, changed, durable };
  },
};
