/** `vigia explain` and `vigia history`: why an organization is as it is. */
import { InvalidArgumentError } from 'commander';
import type { Result } from '../../client/client.ts';
import type { Register } from '../command.ts';
import { online } from '../online.ts';
import { printable } from '../terminal.ts';

type HistoryItem = Result<'session.history'>['items'][number];
/** The most that the server keeps of one organization. */
const most = 200;
const countOf = (text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > most) throw new InvalidArgumentError(`It is a whole number from 1 to ${most}.`);
  return count;
};
const lineOf = ({ at, from, to, cause, reason, statusCode, attempt }: HistoryItem): string => {
  const change = from === to ? String(to) : `${from ?? '·'} → ${to ?? '·'}`;
  const why = [reason, statusCode, attempt > 0 ? `attempt ${attempt}` : undefined].filter((part) => part != null).join(', ');
  return `${at.replace('T', ' ').slice(0, 19)}  ${change.padEnd(24)}  ${cause}${why ? `  (${why})` : ''}`;
};

export const history: Register = (program, run) => {
  program
    .command('history')
    .description('What became of an organization: every transition with its cause, the newest last. Times are UTC.')
    .argument('<org>', 'The organization.')
    .option('--limit <count>', 'How many, at most 200 (default: 50).', countOf)
    .action(
      run(async (context, orgId: string, { limit = 50 }: { limit?: number }) =>
        online(context, async (client) => {
          const { items } = await client.call('session.history', { orgId, limit });
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
/** The API's commands as they are typed here. A pairing is called off where it is shown. */
const typed: Readonly<Record<CanDo['method'], (orgId: string) => string>> = {
  'session.restore': (orgId) => `vigia restore ${orgId}`,
  'session.retry': (orgId) => `vigia retry ${orgId}`,
  'session.stop': (orgId) => `vigia stop ${orgId}`,
  'session.pair': (orgId) => `vigia pair ${orgId}`,
  'session.cancelPairing': () => 'Ctrl-C where it is paired',
  'session.logout': (orgId) => `vigia logout ${orgId}`,
};
/** The sentence names each command that can be given as `(session.retry with force)`. */
const inWordsOfThis = ({ text, canDo }: Result<'session.explain'>, orgId: string): string =>
  canDo.reduce(
    (told, { method, force }) =>
      told.replace(`(${method}${force ? ' with force' : ''})`, () => `(${typed[method](orgId)}${force ? ' --force' : ''})`),
    text,
  );

export const explain: Register = (program, run) => {
  program
    .command('explain')
    .description('In words: what state an organization is in, why, what happens next by itself, and what you can do.')
    .argument('<org>', 'The organization.')
    .action(
      run(async (context, orgId: string) =>
        online(context, async (client) => {
          const explained = await client.call('session.explain', { orgId });
          context.terminal.data(explained);
          context.terminal.line(printable(inWordsOfThis(explained, orgId)));
          return 'ok';
        }),
      ),
    );
};
