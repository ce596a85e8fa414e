/** `vigia status`: the present state of every session; with `--watch` also its changes. */
import { InvalidArgumentError, Option } from 'commander';
import type { Client, LiveSessions, Session } from '../../client/client.ts';
import type { Context, Register } from '../command.ts';
import { noteConnection } from '../connection-notes.ts';
import { drawing, openBlock } from '../live-block.ts';
import { online } from '../online.ts';
import { retryThrottled } from '../retry-throttled.ts';
import { countLine, countsOf, stateNames, tableOf, widthsOf } from '../session-table.ts';
import type { Terminal } from '../terminal.ts';
import { usualSize, wrapped } from '../wrap.ts';

/** The largest page that the protocol has. */
const pageSize = 500;
const byId = (a: Session, b: Session) => (a.orgId < b.orgId ? -1 : 1);
type State = Session['state'];
/** Adds `failed` or `failed,retrying` to the states that were given before. */
const statesGiven = (text: string, before: readonly State[] = []): readonly State[] => {
  const given = text.split(',').map((word) => word.trim().toLowerCase());
  const wrong = given.find((word) => !stateNames.some((name) => name === word));
  if (wrong === undefined) return [...before, ...(given as State[])];
  throw new InvalidArgumentError(`There is no state "${wrong}". The states are ${stateNames.join(', ')}.`);
};
const isIn =
  (states: readonly State[] | undefined) =>
  ({ state }: Session): boolean =>
    states === undefined || states.includes(state);

const allSessions = async (client: Client, states: readonly State[] | undefined): Promise<Session[]> => {
  const all: Session[] = [];
  const wanted = states && { states: [...new Set(states)] };
  for (let cursor: string | undefined; ; ) {
    const from = cursor === undefined ? {} : { cursor };
    const { items, nextCursor } = await retryThrottled(() =>
      client.call('session.list', { limit: pageSize, ...wanted, ...from }),
    );
    all.push(...items);
    if (nextCursor === null) return all.sort(byId);
    cursor = nextCursor;
  }
};

/** When not all sessions fit, those that need a person come first, then the others in trouble. */
const block = (
  live: LiveSessions,
  { colors, stdout, width = usualSize.columns }: Terminal,
  states: readonly State[] | undefined,
): string[] => {
  const height = stdout.rows || usualSize.rows;
  const sessions = [...live.sessions.values()].filter(isIn(states)).sort(byId);
  const count = wrapped(countLine(countsOf(sessions), colors), width);
  // the other lines: the header, the number of hidden sessions, the count, and the cursor
  const room = Math.max(1, height - 3 - count.length);
  const urgencyOf = ({ attention, state }: Session): number => {
    if (attention !== null) return 0;
    return state === 'connected' || state === 'idle' ? 2 : 1;
  };
  const byUrgency = sessions.toSorted((a, b) => urgencyOf(a) - urgencyOf(b));
  const shown = sessions.length <= room ? sessions : byUrgency.slice(0, room);
  const hidden = sessions.length - shown.length;
  const lines = shown.length > 0 ? tableOf(shown, { colors, now: Date.now(), width }) : [];
  if (hidden > 0) lines.push(`… and ${hidden} more`);
  return [...lines, ...count];
};
const follow = async (
  { terminal }: Context,
  client: Client,
  states: readonly State[] | undefined,
): Promise<never> => {
  const { colors } = terminal;
  noteConnection(client, terminal);
  const live = client.live();
  await live.ready;
  let drawn: ReturnType<typeof drawing> | undefined;
  if (terminal.isLive) {
    const { draw, clearScreen } = openBlock(terminal);
    drawn = drawing(() => draw(block(live, terminal, states)));
    terminal.stdout.on('resize', clearScreen).on('resize', drawn.changed);
    live.onChange(drawn.changed);
  } else {
    const all = [...live.sessions.values()].filter(isIn(states)).sort(byId);
    const shown = new Set(all.map(({ orgId }) => orgId));
    let widths = widthsOf(all, Date.now());
    show(terminal, all);
    live.onChange(({ orgId, session }) => {
      const isWanted = session !== undefined && isIn(states)(session);
      // a session that leaves the wanted states is shown once more
      if (!isWanted && !shown.delete(orgId)) return;
      if (isWanted) shown.add(orgId);
      const now = Date.now();
      terminal.data(session ?? { orgId, state: null });
      if (session) widths = widthsOf([session], now, widths);
      terminal.line(
        session ? (tableOf([session], { colors, now, widths })[1] ?? '') : `${orgId} was removed`,
      );
    });
  }
  try {
    return await stopped(client);
  } finally {
    drawn?.stop();
  }
};
const stopped = (client: Client): Promise<never> =>
  new Promise((_, reject) => {
    client.onState((state) => {
      if (state.status === 'stopped') reject(state.because);
    });
  });
const show = (terminal: Terminal, sessions: readonly Session[]): void => {
  const { colors } = terminal;
  for (const session of sessions) terminal.data(session);
  if (sessions.length > 0)
    for (const line of tableOf(sessions, { colors, now: Date.now(), width: terminal.width }))
      terminal.line(line);
  terminal.paragraph(countLine(countsOf(sessions), colors));
};

export const status: Register = (program, run) => {
  program
    .command('status')
    .description('Shows every session: its state, its duration, and its next attempt.')
    .option('--watch', 'Keeps showing the changes, until Ctrl-C.')
    .addOption(
      new Option('--state <state...>', 'Only sessions in these states.')
        .choices(stateNames)
        .argParser(statesGiven),
    )
    .action(
      run(async (context, { watch = false, state }: { watch?: boolean; state?: readonly State[] }) =>
        online(context, async (client) => {
          if (watch) return follow(context, client, state);
          show(context.terminal, await allSessions(client, state));
          return 'ok';
        }),
      ),
    );
};
