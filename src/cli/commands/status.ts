/** `vigia status`: the sessions as they are; with `--watch` as they become. */
import type { Client, Session } from '../../client/client.ts';
import type { Register } from '../command.ts';
import { online } from '../online.ts';
import { countLine, countsOf, tableOf } from '../session-table.ts';

/** The largest page that the protocol has. */
const pageSize = 500;
const byId = (a: Session, b: Session) => (a.orgId < b.orgId ? -1 : 1);
const allSessions = async (client: Client): Promise<Session[]> => {
  const all: Session[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await client.call('session.list', { limit: pageSize, ...(cursor !== undefined && { cursor }) });
    all.push(...items);
    if (nextCursor === null) return all.sort(byId);
    cursor = nextCursor;
  }
};

export const status: Register = (program, run) => {
  program
    .command('status')
    .description('Shows every session: its state, since when, and when it is tried next.')
    .action(
      run(async (context) => {
        const { terminal } = context;
        const { colors } = terminal;
        return online(context, async (client) => {
          const sessions = await allSessions(client);
          for (const session of sessions) terminal.data(session);
          if (sessions.length > 0) for (const line of tableOf(sessions, { colors, now: Date.now() })) terminal.line(line);
          terminal.line(countLine(countsOf(sessions), colors));
          return 'ok';
        });
      }),
    );
};
