/** `vigia status`: the present state of every session; with `--watch` also its changes. */
import type { Client, LiveSessions, Session } from '../../client/client.ts';
import type { Context, Register } from '../command.ts';
import { noteConnection } from '../connection-notes.ts';
import { drawing, openBlock } from '../live-block.ts';
import { online } from '../online.ts';
import { retryThrottled } from '../retry-throttled.ts';
import { countLine, countsOf, tableOf, widthsOf } from '../session-table.ts';
import type { Terminal } from '../terminal.ts';

/** The largest page that the protocol has. */
const pageSize = 500;
const byId = (a: Session, b: Session) => (a.orgId < b.orgId ? -1 : 1);
const allSessions = async (client: Client): Promise<Session[]> => {
  const all: Session[] = [];
  for (let cursor: string | undefined; ; ) {
    const from = cursor === undefined ? {} : { cursor };
    const { items, nextCursor } = await retryThrottled(() =>
      client.call('session.list', { limit: pageSize, ...from }),
    );
    all.push(...items);
    if (nextCursor === null) return all.sort(byId);
    cursor = nextCursor;
  }
};

/** When not all sessions fit, those that need a person come first, then the others in trouble. */
const block = (live: LiveSessions, { colors, stdout }: Terminal): string[] => {
  const { columns: width = 80, rows: height = 24 } = stdout;
  const sessions = [...live.sessions.values()].sort(byId);
  const count = countLine(countsOf(sessions), colors);
  // the other lines: the header, the count, the number of hidden sessions, and the cursor
  const room = Math.max(1, height - 4);
  const urgencyOf = ({ attention, state }: Session): number => {
    if (attention !== null) return 0;
    return state === 'connected' || state === 'idle' ? 2 : 1;
  };
  const byUrgency = sessions.toSorted((a, b) => urgencyOf(a) - urgencyOf(b));
  const shown = sessions.length <= room ? sessions : byUrgency.slice(0, room);
  const hidden = sessions.length - shown.length;
  const lines = tableOf(shown, { colors, now: Date.now(), width });
  if (hidden > 0) lines.push(`… and ${hidden} more`);
  return [...lines, count];
};
const follow = async ({ terminal }: Context, client: Client): Promise<never> => {
  const { colors } = terminal;
  noteConnection(client, terminal);
  const live = client.live();
  await live.ready;
  let drawn: ReturnType<typeof drawing> | undefined;
  if (terminal.isLive) {
    const { draw } = openBlock(terminal);
    drawn = drawing(() => draw(block(live, terminal)));
    live.onChange(drawn.changed);
  } else {
    const all = [...live.sessions.values()].sort(byId);
    let widths = widthsOf(all, Date.now());
    show(terminal, all);
    live.onChange(({ orgId, session }) => {
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
    for (const line of tableOf(sessions, { colors, now: Date.now() })) terminal.line(line);
  terminal.line(countLine(countsOf(sessions), colors));
};

export const status: Register = (program, run) => {
  program
    .command('status')
    .description('Shows every session: its state, its duration, and its next attempt.')
    .option('--watch', 'Keeps showing the changes, until Ctrl-C.')
    .action(
      run(async (context, { watch = false }: { watch?: boolean }) =>
        online(context, async (client) => {
          if (watch) return follow(context, client);
          show(context.terminal, await allSessions(client));
          return 'ok';
        }),
      ),
    );
};
