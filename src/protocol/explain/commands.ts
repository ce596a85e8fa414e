/**
 * What can be done now: the commands that would be accepted and would change something. `refusalOf` decides,
 * as it does for the commands themselves.
 */
import {
  type CommandName,
  commandNames,
  refusalOf,
  type SessionCommand,
} from '../../../machines/domain/commands.ts';
import type { SessionView } from '../../../machines/domain/view.ts';

export interface CanDo {
  readonly method: CommandName;
  /** Whether it is accepted only with `force: true`. */
  readonly force: boolean;
  /** Finishes the sentence "You can …". */
  readonly does: string;
}

const does: Readonly<Record<CommandName, string>> = {
  'session.restore': 'restore it with its stored credentials',
  'session.retry': 'retry it now and forget its failures',
  'session.stop': 'stop it, which keeps its credentials',
  'session.pair': 'pair it with the phone',
  'session.cancelPairing': 'cancel the pairing',
  'session.logout': 'log it out, which unlinks the device and archives its credentials',
};

const canRun = (v: SessionView): boolean => v.credentials !== 'absent' && v.credentials !== 'unpaired';
/** Whether an accepted command would change anything. */
const changes: Readonly<Record<CommandName, (v: SessionView) => boolean>> = {
  'session.restore': (v) =>
    v.state === 'retrying' ||
    v.state === 'failed' ||
    (v.state === 'idle' && v.desired === 'stopped' && canRun(v)),
  'session.retry': () => true, // accepted only when there is something to retry
  'session.stop': (v) => v.desired === 'running' || v.state === 'pairing',
  'session.pair': (v) => v.state !== 'pairing', // it would join the present pairing
  'session.cancelPairing': () => true,
  'session.logout': () => true,
};

/** The details of a pairing do not matter for whether it is accepted. */
const commandOf = (type: CommandName, force: boolean): SessionCommand =>
  type === 'session.pair' ? { type, pairing: { id: '', method: 'qr' } } : { type, ...(force && { force }) };

/** Other credentials of the same device exist, so a logout of this copy must not unlink it. */
const isCopy = ({ duplicateOf, lastError }: SessionView): boolean =>
  duplicateOf !== null || lastError?.reason === 'older_copy';
const whatItDoes = (method: CommandName, v: SessionView): string =>
  method === 'session.logout' && isCopy(v)
    ? 'log it out, which archives its credentials and leaves the device linked for the other copy'
    : does[method];

export const canDo = (v: SessionView, now: number): readonly CanDo[] =>
  commandNames.flatMap((method) => {
    if (!changes[method](v)) return [];
    const force = [false, true].find((forced) => refusalOf(v, commandOf(method, forced), now) === undefined);
    return force === undefined ? [] : [{ method, force, does: whatItDoes(method, v) }];
  });

export const canDoText = (all: readonly CanDo[]): string => {
  const described = all.map(
    ({ method, force, does: what }) => `${what} (${method}${force ? ' with force' : ''})`,
  );
  return described.length < 2
    ? `You can ${described.join('')}.`
    : `You can ${described.slice(0, -1).join('; ')}; or ${described.at(-1)}.`;
};
