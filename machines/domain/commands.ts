/**
 * The commands of an operator, and the rules that refuse them. The machine ignores a command that a rule
 * refuses, and the control API and the CLI answer with the rule's message. So both follow one decision.
 */
import type { Reason } from './disconnect.ts';
import type { Org, PairingRequest } from './ports.ts';
import type { SessionView, State } from './view.ts';

export type SessionCommand =
  /**
   * The session is to run; its strikes are kept. Without effect on a live session. `force` is needed on a
   * locked account and after a link to another number.
   */
  | { readonly type: 'session.restore'; readonly force?: boolean | undefined }
  /** Tries now, with all failures forgiven. */
  | { readonly type: 'session.retry'; readonly force?: boolean | undefined }
  /** The session is to stay stopped: disconnects, keeps the credentials, cancels a pairing. */
  | { readonly type: 'session.stop' }
  | { readonly type: 'session.pair'; readonly pairing: PairingRequest }
  | { readonly type: 'session.cancelPairing' }
  /** Unlinks the device if it is connected, archives the credentials, removes the session. */
  | { readonly type: 'session.logout' };
export type CommandName = SessionCommand['type'];
export const commandNames = [
  'session.restore',
  'session.retry',
  'session.stop',
  'session.pair',
  'session.cancelPairing',
  'session.logout',
] as const satisfies readonly CommandName[];

/**
 * A refusal is an answer, not an error: a message for a person, and the states in which the command would be
 * accepted.
 */
export interface Refusal {
  readonly message: string;
  readonly allowed: readonly State[];
  /**
   * The failure that explains the refusal. `src/protocol/reasons.ts` has its text, which follows the message.
   */
  readonly reason?: Reason;
  /** The message names another organization. A client without access to that one gets `without`. */
  readonly names?: { readonly org: Org; readonly without: string };
}
type Rule = (view: SessionView, now: number, force: boolean) => Refusal | undefined;

/** Failures that no attempt can end. */
const beyondRetry: ReadonlySet<Reason> = new Set(['revoked', 'creds_corrupt', 'creds_lost']);
/** Failures in which an attempt does harm until a person has checked the phone. */
const needsForce: ReadonlySet<Reason> = new Set(['locked', 'wrong_account', 'older_copy']);

const duplicateMessage = (verb: string, org: Org, owner: string) =>
  `Cannot ${verb} "${org}": its credentials are those of ${owner}, and one identity can log in only once. ` +
  'Remove one of the two directories.';

const isBanned = (v: SessionView, now: number): boolean =>
  // equivalent mutant `v.nextRetryAt !== null` → `true`: null counts as 0 in the comparison; the check is for
  // TypeScript
  v.lastError?.reason === 'banned_temporarily' && v.nextRetryAt !== null && v.nextRetryAt > now;

/** The reason for which a failed session cannot be started now. */
const obstacle = (v: SessionView, now: number, force: boolean): Reason | undefined => {
  const reason = v.state === 'failed' ? v.lastError?.reason : undefined;
  if (reason === undefined) return undefined;
  const isBlocked = beyondRetry.has(reason) || (needsForce.has(reason) && !force) || isBanned(v, now);
  return isBlocked ? reason : undefined;
};

const startRule =
  (verb: string, allowed: readonly State[]): Rule =>
  (v, now, force) => {
    if (v.duplicateOf !== null) {
      const without = duplicateMessage(verb, v.org, 'another organization');
      const message = duplicateMessage(verb, v.org, `"${v.duplicateOf}"`);
      return { message, names: { org: v.duplicateOf, without }, allowed };
    }
    const reason = obstacle(v, now, force);
    if (reason === undefined) return undefined;
    const before = isBanned(v, now) ? ` before ${new Date(v.nextRetryAt ?? 0).toISOString()}` : '';
    return { message: `Cannot ${verb} "${v.org}"${before}.`, reason, allowed };
  };

const restorableStates: readonly State[] = ['idle', 'retrying', 'failed'];
const retryableStates: readonly State[] = ['retrying', 'failed'];
const restore = startRule('restore', restorableStates);
const retry = startRule('retry', retryableStates);

export const rules: Readonly<Record<CommandName, Rule>> = {
  'session.restore': (v, now, force) => {
    if (v.state === 'pairing')
      return { message: `Cannot restore "${v.org}" while it is being paired.`, allowed: restorableStates };
    return restore(v, now, force);
  },
  'session.retry': (v, now, force) => {
    if (v.desired === 'stopped')
      return { message: `"${v.org}" is stopped: restore it to run it again.`, allowed: retryableStates };
    if (!retryableStates.includes(v.state))
      return { message: `"${v.org}" is ${v.state}: there is nothing to retry.`, allowed: retryableStates };
    return retry(v, now, force);
  },
  'session.stop': () => undefined,
  'session.pair': (v) => {
    if (v.state !== 'restoring' && v.state !== 'connected') return undefined;
    const advice = 'Stop it or log it out before you pair it again.';
    return {
      message: `"${v.org}" is ${v.state}: it is already linked. ${advice}`,
      allowed: restorableStates,
    };
  },
  'session.cancelPairing': (v) => {
    if (v.state === 'pairing') return undefined;
    return { message: `"${v.org}" is not being paired.`, allowed: ['pairing'] };
  },
  'session.logout': () => undefined,
};

/** Undefined when the command is accepted (it may still change nothing). `now` in epoch milliseconds. */
export const refusalOf = (view: SessionView, command: SessionCommand, now: number): Refusal | undefined =>
  rules[command.type](view, now, 'force' in command && command.force === true);
