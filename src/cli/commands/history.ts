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
const lineOf = ({ at, from, to, cause, reason, statusCode, attempt }: HistoryItem): string => {
  const change = from === to ? String(to) : `${from ?? '·'} → ${to ?? '·'}`;
  const news = reason === repeats[cause] ? null : reason;
  const why = [news, statusCode, attempt > 0 ? `attempt ${attempt}` : undefined]
    .filter((part) => part != null)
    .join(', ');
  return `${bareDateTime(at)}  ${change.padEnd(24)}  ${cause}${why ? `  (${why})` : ''}`;
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
            context.terminal.line(lineOf(entry));
          }
          return 'ok';
        }),
      ),
    );
};
type CanDo = Result<'session.explain'>['canDo'][number];
/** The API's methods as commands of this program. A pairing is cancelled where it is shown. */
const typed: Readonly<Record<CanDo['method'], (orgId: string) => string>> = {
  'session.restore': (orgId) => `vigia restore ${orgId}`,
  'session.retry': (orgId) => `vigia retry ${orgId}`,
  'session.stop': (orgId) => `vigia stop ${orgId}`,
  'session.pair': (orgId) => `vigia pair ${orgId}`,
  'session.cancelPairing': () => 'Ctrl-C in "vigia pair"',
  'session.logout': (orgId) => `vigia logout ${orgId}`,
};
/** The server's text names each possible command as `(session.retry with force)`. */
const withTypedCommands = ({ text, canDo }: Result<'session.explain'>, orgId: string): string =>
  canDo.reduce(
    (shown, { method, force }) =>
      shown.replace(
        `(${method}${force ? ' with force' : ''})`,
        () => `(${typed[method](orgId)}${force ? ' --force' : ''})`,
      ),
    text,
  );

export const explain: Register = (program, run) => {
  program
    .command('explain')
    .description(
      'Explains the state of an organization: why it is so, what happens next, and what you can do.',
    )
    .argument('<org>', 'The organization.')
    .action(
      run(async (context, orgId: string) =>
        online(context, async (client) => {
          const explained = await client.call('session.explain', { orgId });
          context.terminal.data(explained);
          context.terminal.line(printable(withTypedCommands(explained, orgId)));
          return 'ok';
        }),
      ),
    );
};
