/** `vigia explain` and `vigia history`: the state of an organization, and how it came about. */
import type { Result } from '../../client/client.ts';
import type { Register } from '../command.ts';
import { online } from '../online.ts';
import { printable } from '../terminal.ts';
import { bareDateTime, zoneNote } from '../time.ts';
import { countGiven } from '../when.ts';

type HistoryItem = Result<'session.history'>['items'][number];
/** The server keeps at most this number of transitions of an organization. */
const maxTransitions = 200;
/** Reasons that only repeat the cause. */
const repeats: Readonly<Record<string, string>> = {
  'session.stop': 'stopped',
  'session.logout': 'logged_out',
};
const lineOf = ({ from, to, cause, reason, statusCode, attempt }: HistoryItem): string => {
  const change = from === to ? String(to) : `${from ?? '·'} → ${to ?? '·'}`;
  const news = reason === repeats[cause] ? null : reason;
  const why = [news, statusCode, attempt > 0 ? `attempt ${attempt}` : undefined]
    .filter((part) => part != null)
    .join(', ');
  return `${change.padEnd(24)}  ${cause}${why ? `  (${why})` : ''}`;
};

export const history: Register = (program, run) => {
  program
    .command('history')
    .description(
      'Shows the transitions of an organization with their causes, the newest last. Times are UTC.',
    )
    .argument('<org>', 'The organization.')
    .option(
      '--limit <count>',
      'The number of transitions, at most 200 (default: 50).',
      countGiven(maxTransitions),
    )
    .action(
      run(async (context, orgId: string, { limit = 50 }: { limit?: number }) =>
        online(context, async (client) => {
          const { items } = await client.call('session.history', { orgId, limit });
          if (!context.terminal.json && items.length > 0) context.terminal.note(zoneNote);
          for (const entry of items.toReversed()) {
            context.terminal.data(entry);
            context.terminal.paragraph(lineOf(entry), `${bareDateTime(entry.at)}  `);
          }
          return 'ok';
        }),
      ),
    );
};
type Explained = Result<'session.explain'>;
/**
 * The advised methods as commands of this program. A stop is advised only before a restore. The others are
 * never advised.
 */
const typed: Partial<
  Record<Explained['canDo'][number]['method'], readonly [aim: string, ...commands: string[]]>
> = {
  'session.restore': ['restore it', 'restore'],
  'session.retry': ['retry it now', 'retry'],
  'session.stop': ['restart it', 'stop', 'restore'],
  'session.pair': ['pair it', 'pair'],
};
/** `To pair it: "vigia pair acme". To restore it: "vigia restore acme --force".` */
const commandsIn = ({ orgId, canDo }: Explained): string =>
  canDo
    .filter(({ advised }) => advised)
    .map(({ method, force }) => {
      const [aim, ...commands] = typed[method] ?? [];
      const lines = commands.map((command) => `"vigia ${command} ${orgId}${force ? ' --force' : ''}"`);
      return lines.length === 0 ? '' : ` To ${aim}: ${lines.join(', then ')}.`;
    })
    .join('');

export const explain: Register = (program, run) => {
  program
    .command('explain')
    .description(
      'Explains an organization in three lines: what it is and why, what happens next, and what you can do.',
    )
    .argument('<org>', 'The organization.')
    .action(
      run(async (context, orgId: string) =>
        online(context, async (client) => {
          const explained = await client.call('session.explain', { orgId });
          context.terminal.data(explained);
          const { what, next, you } = explained.lines;
          const { paragraph, colors } = context.terminal;
          paragraph(printable(what), colors.dim('what  '));
          paragraph(printable(next), colors.dim('next  '));
          paragraph(printable(`${you}${commandsIn(explained)}`), colors.dim('you   '));
          return 'ok';
        }),
      ),
    );
};
