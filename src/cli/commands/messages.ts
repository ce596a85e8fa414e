/** `vigia messages`: what was sent and what waits; with --watch also what arrives. */
import type { Client, Result } from '../../client/client.ts';
import type { Context, Register } from '../command.ts';
import { noteConnection } from '../connection-notes.ts';
import type { Exit } from '../exit-codes.ts';
import { messageLine, sentLine } from '../message-lines.ts';
import { online } from '../online.ts';

const listed = 50;
const countsLine = (counts: Result<'message.counts'>): string => {
  const { queued, sending, unknown, sent24h, received24h, restriction } = counts;
  const restricted =
    restriction === null ? '' : `; WhatsApp restricts new contacts until ${restriction.until ?? 'it ends'}`;
  return (
    `${queued} queued, ${sending} sending, ${unknown} unknown; in 24 hours ${sent24h} sent and ` +
    `${received24h} received${restricted}`
  );
};
const watch = async ({ terminal }: Context, client: Client, orgId: string): Promise<Exit> => {
  noteConnection(client, terminal);
  for await (const update of client.subscribe({ topics: ['messages'], orgs: [orgId] })) {
    terminal.data(update);
    if (update.kind === 'snapshot' && !update.first) terminal.note('Events were missed: see inbox.list.');
    const line = update.kind === 'event' ? messageLine(update.event) : undefined;
    if (line !== undefined) terminal.line(line);
  }
  return 'ok';
};

export const messages: Register = (program, run) => {
  program
    .command('messages')
    .description('Lists what an organization sent within 72 hours, without content, the newest first.')
    .argument('<org>', 'The organization.')
    .option('--watch', 'Shows messages as they arrive and change, with their texts, until Ctrl-C.')
    .action(
      run(async (context, orgId: string, options: { readonly watch?: boolean }) =>
        online(context, async (client) => {
          const { terminal } = context;
          if (options.watch) return watch(context, client, orgId);
          const { items, nextCursor } = await client.call('message.list', { orgId, limit: listed });
          for (const message of items) {
            terminal.data(message);
            terminal.line(sentLine(message));
          }
          terminal.note(countsLine(await client.call('message.counts', { orgId })));
          if (nextCursor !== null) terminal.note(`These are the latest ${listed}; there are more.`);
          return 'ok';
        }),
      ),
    );
};
