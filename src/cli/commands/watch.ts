/** `vigia watch`: what happens, as it happens. */
import type { Topic } from '../../client/client.ts';
import type { Register } from '../command.ts';
import { noteConnection } from '../connection-notes.ts';
import { lineOf } from '../event-lines.ts';
import { online } from '../online.ts';
import { countLine, countsOf } from '../session-table.ts';

interface Options {
  readonly pairing?: boolean;
  readonly alerts?: boolean;
}
export const watch: Register = (program, run) => {
  program
    .command('watch')
    .description('Shows what happens, as it happens, until Ctrl-C. With --json one object a line: a snapshot first, then events.')
    .argument('[org...]', 'Only these organizations (default: all that the key may see).')
    .option('--pairing', 'The steps of pairings too; with --json QRs and codes are in them, which are secrets.')
    .option('--alerts', 'What needs a person, too.')
    .action(
      run(async (context, orgs: readonly string[], { pairing = false, alerts = false }: Options) =>
        online(context, async (client) => {
          const { terminal } = context;
          noteConnection(client, terminal);
          const topics: Topic[] = ['sessions', ...(pairing ? (['pairing'] as const) : []), ...(alerts ? (['alerts'] as const) : [])];
          for await (const update of client.subscribe({ topics, orgs: orgs.length > 0 ? orgs : '*' })) {
            terminal.data(update);
            if (update.kind === 'event') terminal.line(lineOf(update.event, Date.now()));
            if (update.kind === 'resumed') terminal.note('Nothing was missed.');
            if (update.kind !== 'snapshot') continue;
            if (!update.first) terminal.note('Events were missed; this is how it is now:');
            terminal.note(countLine(countsOf(update.sessions), terminal.colors));
          }
          return 'ok';
        }),
      ),
    );
};
