/**
 * Sends an operator's command to its session and returns the answer: the session's new state, once its record
 * is durable (or with `durable: false`), or the message with which the command was refused.
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

/** How long an answer waits for the disk. After a longer write it says `durable: false`. */
export const saveDeadlineMs = 5_000;

export interface ExecuteCommandDeps {
  readonly supervisor: Actor<typeof supervisorMachine>;
  readonly sessions: Sessions;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Examines the directory of an organization that is not loaded. */
  readonly lookUp: (org: Org) => Promise<Found>;
  /** Covers the time that WhatsApp may take to confirm a logout, and then the archive's. */
  readonly logoutDeadlineMs: number;
}

const viewIn = (snapshot: SessionSnapshot): SessionView => viewOf(snapshot.context);
const differ = (a: SessionView, b: SessionView) =>
  a.state !== b.state || a.desired !== b.desired || a.attempt !== b.attempt;
/** After the deadline, or when the session ends meanwhile, it is the snapshot of that moment. */
const settled = async (actor: SessionActor, isSettled: (s: SessionSnapshot) => boolean, timeout: number) =>
  waitFor(actor, isSettled, { timeout }).catch((): SessionSnapshot => actor.getSnapshot());

export const createExecuteCommand = ({
  supervisor,
  sessions,
  now,
  lookUp,
  logoutDeadlineMs,
}: ExecuteCommandDeps) => {
  const loggedOut = async (actor: SessionActor): Promise<Answer> => {
    const { status, context } = await settled(actor, (s) => s.matches('failed'), logoutDeadlineMs);
    const { org, unlinked } = context;
    if (status === 'done') return { ok: true, session: null, changed: true, durable: true, unlinked };
    const message =
      `"${org}" could not be logged out: its credentials could not be moved to the archive. ` +
      'Nothing was deleted; see the log, then try again.';
    return { ok: false, kind: 'unavailable', message };
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
    if (actor === undefined) {
      const message = `"${org}" could not be loaded. See the log, then try again.`;
      return { ok: false, kind: 'unavailable', message };
    }
    if (command.type === 'session.logout') return loggedOut(actor);

    const after = await settled(actor, (s) => s.context.saved !== 'pending', saveDeadlineMs);
    const session = viewIn(after);
    const changed = before === undefined || differ(before, session);
    return { ok: true, session, changed, durable: after.context.saved === 'durable' };
  };
};
