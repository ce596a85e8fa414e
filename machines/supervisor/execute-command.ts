/**
 * Takes an operator's command to its session and brings back the answer: what the session became, once its record is durable
 * (or with `durable: false`), or the sentence with which it was refused.
 */
import { type Actor, waitFor } from 'xstate';
import { type Refusal, refusalOf, type SessionCommand } from '../domain/commands.ts';
import type { Found, Org } from '../domain/ports.ts';
import type { SessionView, State } from '../domain/view.ts';
import { viewOf } from '../session/context.ts';
import type { SessionActor, SessionSnapshot, Sessions } from './fleet.ts';
import type { supervisorMachine } from './supervisor.machine.ts';

export type Answer =
  | {
      readonly ok: true;
      /** Null after a logout. */
      readonly session: SessionView | null;
      readonly changed: boolean;
      readonly durable: boolean;
      readonly unlinked?: boolean;
    }
  | { readonly ok: false; readonly kind: 'not_found' }
  | ({ readonly ok: false; readonly kind: 'invalid_state'; readonly state: State } & Refusal)
  | { readonly ok: false; readonly kind: 'unavailable'; readonly message: string };

/** How long an answer waits for the disk. A slower one is told as `durable: false`. */
export const saveDeadlineMs = 5_000;

export interface ExecuteCommandDeps {
  readonly supervisor: Actor<typeof supervisorMachine>;
  readonly sessions: Sessions;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** What is known of an organization that is not loaded. */
  readonly lookUp: (org: Org) => Promise<Found>;
  /** A logout may take as long as WhatsApp may take to confirm it, and then the archive. */
  readonly logoutDeadlineMs: number;
}

const viewIn = (snapshot: SessionSnapshot): SessionView => viewOf(snapshot.context);
const differ = (a: SessionView, b: SessionView) => a.state !== b.state || a.desired !== b.desired || a.attempt !== b.attempt;
const settled = async (actor: SessionActor, isSettled: (s: SessionSnapshot) => boolean, timeout: number): Promise<SessionSnapshot> =>
  waitFor(actor, isSettled, { timeout }).catch(() => actor.getSnapshot()); // too late, or it ended meanwhile: the snapshot says which

export const createExecuteCommand = ({ supervisor, sessions, now, lookUp, logoutDeadlineMs }: ExecuteCommandDeps) => {
  const loggedOut = async (actor: SessionActor): Promise<Answer> => {
    const { status, context } = await settled(actor, (s) => s.matches('failed'), logoutDeadlineMs);
    const { org, unlinked } = context;
    if (status === 'done') return { ok: true, session: null, changed: true, durable: true, unlinked };
    return {
      ok: false,
      kind: 'unavailable',
      message: `"${org}" could not be logged out: its credentials could not be moved to the archive. Nothing was deleted; see the log, then try again.`,
    };
  };

  return async (org: Org, command: SessionCommand): Promise<Answer> => {
    const loaded = sessions.actor(org);
    const before = loaded && viewIn(loaded.getSnapshot());
    if (before === undefined && command.type !== 'session.pair') return { ok: false, kind: 'not_found' };
    const refusal = before && refusalOf(before, command, now());
    if (before && refusal) return { ok: false, kind: 'invalid_state', state: before.state, ...refusal };
    const found = before ? undefined : await lookUp(org);
    supervisor.send({ type: 'session.command', org, command, ...(found && { found }) });
    const actor = loaded ?? sessions.actor(org);
    if (actor === undefined)
      return { ok: false, kind: 'unavailable', message: `"${org}" could not be taken up. See the log, then try again.` };
    if (command.type === 'session.logout') return loggedOut(actor);

    const after = await settled(actor, (s) => s.context.saved !== 'pending', saveDeadlineMs);
    const session = viewIn(after);
    return { ok: true, session, changed: before === undefined || differ(before, session), durable: after.context.saved === 'durable' };
  };
};
