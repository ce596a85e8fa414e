/** `vigia restore`, `retry` and `stop`: one organization, several, or all; with the progress of many. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Client, LiveSessions, Session } from '../../client/client.ts';
import type { Context, Register } from '../command.ts';
import { askMany, type Goal, type Outcome } from '../command-many.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { drawing, openBlock } from '../live-block.ts';
import { online } from '../online.ts';
import { countLine, countsOf } from '../session-table.ts';
import { printable } from '../terminal.ts';

interface Options {
  readonly all?: boolean;
  readonly force?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
}
const defaultTimeoutSeconds = 120;
const secondsOf = (text: string): number => {
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 86_400)) throw new InvalidArgumentError('It is a number of seconds from 1 to 86400.');
  return seconds;
};

const running: Goal['judge'] = ({ state, desired }) => {
  if (state === 'connected') return 'done';
  return state === 'failed' || state === 'idle' || desired === 'stopped' ? 'failed' : undefined;
};
const stopped: Goal['judge'] = ({ state }) => (state === 'idle' || state === 'failed' ? 'done' : undefined);
/** Of all: those that the command is for. Those that were never linked can only be paired. */
const meant: Readonly<Record<Goal['method'], (session: Session) => boolean>> = {
  'session.restore': ({ state, credentials }) => state !== 'pairing' && credentials !== 'absent' && credentials !== 'unpaired',
  'session.retry': ({ state, desired }) => desired === 'running' && (state === 'retrying' || state === 'failed'),
  'session.stop': ({ desired }) => desired === 'running',
};

const barOf = (done: number, total: number): string => {
  const width = 30;
  const full = total === 0 ? width : Math.floor((done / total) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${done}/${total}`;
};
const shownInFlight = 5;

const progress = (context: Context, live: LiveSessions, orgIds: readonly string[]) => {
  const { terminal } = context;
  const { colors } = terminal;
  const block = openBlock(terminal);
  const open = new Set<string>();
  let done = 0;
  const draw = () => {
    const mine = orgIds.flatMap((orgId) => live.sessions.get(orgId) ?? []);
    const some = [...open].slice(0, shownInFlight).map((orgId) => {
      const session = live.sessions.get(orgId);
      return `  ${orgId}${session ? ` ${session.state}${session.step ? ` (${session.step})` : ''}` : ''}`;
    });
    const more = open.size > shownInFlight ? [`  … and ${open.size - shownInFlight} more`] : [];
    block.draw([barOf(done, orgIds.length), countLine(countsOf(mine), colors), ...some, ...more]);
  };
  const drawn = terminal.isLive ? drawing(draw) : undefined;
  const unsubscribe = live.onChange(() => drawn?.changed());
  return {
    asked: (orgId: string) => void open.add(orgId),
    outcome: (outcome: Outcome) => {
      const { orgId, ok, result, message } = outcome;
      open.delete(orgId);
      done += 1;
      terminal.data(outcome);
      const text = `${ok ? colors.green('✓') : colors.red('✗')} ${orgId}  ${result}${message && result !== 'accepted' ? `  ${printable(message)}` : ''}`;
      if (!terminal.json) block.keep(text);
      drawn?.changed();
    },
    end: () => {
      drawn?.stop();
      unsubscribe();
      block.end('clear');
    },
  };
};

const chosen = async (live: LiveSessions, goal: Goal, given: readonly string[], all: boolean): Promise<readonly string[]> => {
  if (!all) return [...new Set(given)];
  await live.ready;
  return [...live.sessions.values()]
    .filter(meant[goal.method])
    .map(({ orgId }) => orgId)
    .sort();
};
const carryOut = async (context: Context, client: Client, goal: Goal, given: readonly string[], options: Options): Promise<Exit> => {
  const { all = false, force = false, wait, timeout } = options;
  const { terminal } = context;
  const live = client.live(all ? '*' : given);
  const orgIds = await chosen(live, goal, given, all);
  if (orgIds.length === 0) terminal.note('There is nothing to do.');
  const shown = progress(context, live, orgIds);
  const outcomes = await askMany(client, live, goal, {
    orgIds,
    force,
    timeoutMs: wait ? timeout * 1_000 : 0,
    onAsked: shown.asked,
    onOutcome: shown.outcome,
  }).finally(shown.end);
  const failures = outcomes.filter(({ ok }) => !ok).length;
  if (outcomes.length > 1)
    terminal.note(`${outcomes.length - failures} of ${outcomes.length} done${failures > 0 ? `, ${failures} failed` : ''}.`);
  if (failures === 0) return 'ok';
  return outcomes.length > 1 ? 'partly' : 'failure';
};

const command =
  (goal: Goal, describe: (command: Command) => Command): Register =>
  (program, run) => {
    describe(program.command(goal.method.replace('session.', '')))
      .argument('[org...]', 'The organizations.')
      .option('--no-wait', 'Only until the server has accepted it.')
      .option('--timeout <seconds>', `How long each is waited for (default: ${defaultTimeoutSeconds}).`, secondsOf)
      .action(
        run(async (context, given: readonly string[], options: Options) => {
          if (given.length === 0 && options.all !== true)
            throw new Failure('usage', 'no_organization', 'name an organization, or say --all.');
          if (given.length > 0 && options.all === true)
            throw new Failure('usage', 'all_and_some', 'name organizations, or say --all, not both.');
          return online(context, (client) =>
            carryOut(context, client, goal, given, { ...options, timeout: options.timeout ?? defaultTimeoutSeconds }),
          );
        }),
      );
  };

const force = ['--force', 'Also one whose account is locked, after you looked at the phone.'] as const;
export const restore = command({ method: 'session.restore', judge: running }, (it) =>
  it
    .description('Wants them running, and waits until they are connected or have failed.')
    .option('--all', 'All that have stored credentials, also those that were stopped.')
    .option(...force),
);
export const retry = command({ method: 'session.retry', judge: running }, (it) =>
  it
    .description('Tries now instead of later, and forgets earlier failures.')
    .option('--all', 'All that are retrying or failed.')
    .option(...force),
);
export const stop = command({ method: 'session.stop', judge: stopped }, (it) =>
  it.description('Disconnects them and keeps the credentials; they stay stopped until they are restored.').option('--all', 'All that run.'),
);
