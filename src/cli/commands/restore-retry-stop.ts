/** `vigia restore`, `retry` and `stop`: for one organization, several or all, with their progress. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Client, LiveSessions, Session } from '../../client/client.ts';
import type { Context, Register } from '../command.ts';
import { type Goal, type Outcome, runMany } from '../command-many.ts';
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
  if (!(seconds >= 1 && seconds <= 86_400))
    throw new InvalidArgumentError('It must be a number of seconds from 1 to 86400.');
  return seconds;
};

const running: Goal['judge'] = ({ state, desired }) => {
  if (state === 'connected') return 'done';
  return state === 'failed' || state === 'idle' || desired === 'stopped' ? 'failed' : undefined;
};
const stopped: Goal['judge'] = ({ state }) => (state === 'idle' || state === 'failed' ? 'done' : undefined);
/** The sessions that `--all` means. A session without credentials can only be paired. */
const isMeantByAll: Readonly<Record<Goal['method'], (session: Session) => boolean>> = {
  'session.restore': ({ state, credentials }) =>
    state !== 'pairing' && credentials !== 'absent' && credentials !== 'unpaired',
  'session.retry': ({ state, desired }) =>
    desired === 'running' && (state === 'retrying' || state === 'failed'),
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
    start: (orgId: string) => void open.add(orgId),
    outcome: (outcome: Outcome) => {
      const { orgId, ok, result, message } = outcome;
      open.delete(orgId);
      done += 1;
      terminal.data(outcome);
      const mark = ok ? colors.green('✓') : colors.red('✗');
      const why = message && result !== 'accepted' ? `  ${printable(message)}` : '';
      const text = `${mark} ${orgId}  ${result}${why}`;
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

const chosen = async (
  live: LiveSessions,
  goal: Goal,
  given: readonly string[],
  all: boolean,
): Promise<readonly string[]> => {
  if (!all) return [...new Set(given)];
  await live.ready;
  return [...live.sessions.values()]
    .filter(isMeantByAll[goal.method])
    .map(({ orgId }) => orgId)
    .sort();
};
const noteCounts = ({ note }: Context['terminal'], total: number, failures: number): void => {
  const failed = failures > 0 ? `, ${failures} failed` : '';
  note(`${total - failures} of ${total} done${failed}.`);
};
const carryOut = async (
  context: Context,
  client: Client,
  goal: Goal,
  given: readonly string[],
  options: Options,
): Promise<Exit> => {
  const { all = false, force = false, wait, timeout } = options;
  const { terminal } = context;
  const live = client.live(all ? '*' : given);
  const orgIds = await chosen(live, goal, given, all);
  if (orgIds.length === 0) terminal.note('There is nothing to do.');
  const shown = progress(context, live, orgIds);
  const outcomes = await runMany(
    { client, live },
    {
      goal,
      orgIds,
      force,
      timeoutMs: wait ? timeout * 1_000 : 0,
      onStart: shown.start,
      onOutcome: shown.outcome,
    },
  ).finally(shown.end);
  const failures = outcomes.filter(({ ok }) => !ok).length;
  if (outcomes.length > 1) noteCounts(terminal, outcomes.length, failures);
  if (failures === 0) return 'ok';
  return outcomes.length > 1 ? 'partly' : 'failure';
};

const command =
  (goal: Goal, describe: (command: Command) => Command): Register =>
  (program, run) => {
    describe(program.command(goal.method.replace('session.', '')))
      .argument('[org...]', 'The organizations.')
      .option('--no-wait', 'Waits only until the server accepts the command.')
      .option(
        '--timeout <seconds>',
        `The longest wait for each organization (default: ${defaultTimeoutSeconds}).`,
        secondsOf,
      )
      .action(
        run(async (context, given: readonly string[], options: Options) => {
          if (given.length === 0 && options.all !== true)
            throw new Failure('usage', 'no_organization', 'name an organization, or use --all.');
          if (given.length > 0 && options.all === true)
            throw new Failure('usage', 'all_and_some', 'name organizations or use --all, not both.');
          return online(context, (client) =>
            carryOut(context, client, goal, given, {
              ...options,
              timeout: options.timeout ?? defaultTimeoutSeconds,
            }),
          );
        }),
      );
  };

const force = ['--force', 'Includes a locked account. Check the phone first.'] as const;
export const restore = command({ method: 'session.restore', judge: running }, (it) =>
  it
    .description('Starts the sessions, and waits until they are connected or have failed.')
    .option('--all', 'All sessions with credentials, including stopped ones.')
    .option(...force),
);
export const retry = command({ method: 'session.retry', judge: running }, (it) =>
  it
    .description('Tries now instead of later, and resets the count of failures.')
    .option('--all', 'All sessions that are retrying or failed.')
    .option(...force),
);
export const stop = command({ method: 'session.stop', judge: stopped }, (it) =>
  it
    .description(
      'Disconnects the sessions and keeps their credentials. They stay stopped until they are restored.',
    )
    .option('--all', 'All running sessions.'),
);
