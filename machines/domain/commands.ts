/**
 * What an operator may ask of a session, and when it is refused. The machine ignores what this table refuses, and whoever
 * passes commands on (the control API, the CLI) answers with its sentence: one decision, two readers.
 */
import type { Org, PairingRequest } from './ports.ts';
import type { SessionView, State } from './view.ts';

export type SessionCommand =
  /** Wants it running; strikes are kept. No-op when it is live. `force` is needed on a locked account, and on one of another number. */
  | { readonly type: 'session.restore'; readonly force?: boolean }
  /** Tries now, with a clean slate. */
  | { readonly type: 'session.retry'; readonly force?: boolean }
  /** Wants it stopped: disconnects, keeps the credentials, cancels a pairing. */
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

/** A refusal is an answer, not an error: a sentence for a human, and the states in which the command would be taken. */
export interface Refusal {
  readonly message: string;
  readonly allowed: readonly State[];
  /** The sentence names another organization: who may not know of it gets `without`. */
  readonly names?: { readonly org: Org; readonly without: string };
}

const dead: Partial<Record<string, string>> = {
  revoked: 'WhatsApp unlinked this device: pair it again.',
  creds_corrupt: 'its credentials are corrupt and there is no usable backup: put good ones in place, or pair it again.',
  creds_lost: 'WhatsApp no longer knows its credentials: put the right ones in place, or pair it again.',
};

const attempt =
  (verb: string, allowed: readonly State[]) =>
  (v: SessionView, now: number, force: boolean): Refusal | undefined => {
    if (v.duplicateOf !== null) {
      const message = (whose: string) =>
        `Cannot ${verb} "${v.org}": its credentials are those of ${whose}, and one identity can log in only once. Remove one of the two directories.`;
      return {
        message: message(`"${v.duplicateOf}"`),
        names: { org: v.duplicateOf, without: message('another organization') },
        allowed,
      };
    }
    const reason = v.state === 'failed' ? v.lastError?.reason : undefined;
    const why = reason && dead[reason];
    if (why) return { message: `Cannot ${verb} "${v.org}": ${why}`, allowed };
    if (reason === 'banned_temporarily' && v.nextRetryAt !== null && v.nextRetryAt > now) {
      return {
        message: `Cannot ${verb} "${v.org}": WhatsApp banned it until ${new Date(v.nextRetryAt).toISOString()}, and a login before then makes it worse.`,
        allowed,
      };
    }
    if (reason === 'locked' && !force) {
      return {
        message: `Cannot ${verb} "${v.org}": WhatsApp locked the account. Check the phone first, then repeat with force.`,
        allowed,
      };
    }
    if (reason === 'wrong_account' && !force) {
      return {
        message: `Cannot ${verb} "${v.org}": it was linked to another number than before. Pair it again with the right phone, or, if the number is to change, repeat with force.`,
        allowed,
      };
    }
    return undefined;
  };

type Rule = (view: SessionView, now: number, force: boolean) => Refusal | undefined;
export const rules: Readonly<Record<CommandName, Rule>> = {
  'session.restore': (v, now, force) => {
    if (v.state === 'pairing')
      return { message: `Cannot restore "${v.org}" while it is being paired.`, allowed: ['idle', 'retrying', 'failed'] };
    return attempt('restore', ['idle', 'retrying', 'failed'])(v, now, force);
  },
  'session.retry': (v, now, force) => {
    if (v.desired === 'stopped')
      return { message: `"${v.org}" is stopped: use session.restore to run it again.`, allowed: ['retrying', 'failed'] };
    if (v.state !== 'retrying' && v.state !== 'failed')
      return { message: `"${v.org}" is ${v.state}: there is nothing to retry.`, allowed: ['retrying', 'failed'] };
    return attempt('retry', ['retrying', 'failed'])(v, now, force);
  },
  'session.stop': () => undefined,
  'session.pair': (v) =>
    v.state === 'restoring' || v.state === 'connected'
      ? {
          message: `"${v.org}" is ${v.state}: it is already linked. Stop it or log it out before pairing anew.`,
          allowed: ['idle', 'retrying', 'failed'],
        }
      : undefined,
  'session.cancelPairing': (v) =>
    v.state === 'pairing' ? undefined : { message: `"${v.org}" is not being paired.`, allowed: ['pairing'] },
  'session.logout': () => undefined,
};

/** Undefined when the command is taken (it may still change nothing). `now` in epoch milliseconds. */
export const refusalOf = (view: SessionView, command: SessionCommand, now: number): Refusal | undefined =>
  rules[command.type](view, now, 'force' in command && command.force === true);
