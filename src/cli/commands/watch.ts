/** `vigia watch`: the events, as they happen. */
import type { Topic } from '../../client/client.ts';
import type { Register } from '../command.ts';
import { noteConnection } from '../connection-notes.ts';
import { lineOf } from '../event-lines.ts';
import { online } from '../online.ts';
import { countLine, countsOf } from '../session-table.ts';
import { zoneNote } from '../time.ts';

interface Options {
  readonly pairing?: boolean;
  readonly alerts?: boolean;
}
export const watch: Register = (program, run) => {
  program
    .command('watch')
    .description(
      'Shows events as they happen, until Ctrl-C. Times are UTC. With --json: a snapshot, then events.',
    )
    .argument('[org...]', 'Only these organizations (default: every organization of the key).')
    .option('--pairing', 'Also shows pairings. With --json they contain QRs and codes, which are secrets.')
    .option('--alerts', 'Also shows alerts.')
    .action(
      run(async (context, orgs: readonly string[], { pairing = false, alerts = false }: Options) =>
        online(context, async (client) => {
          const { terminal } = context;
          noteConnection(client, terminal);
          const topics: Topic[] = ['sessions'];
          if (pairing) topics.push('pairing');
          if (alerts) topics.push('alerts');
          for await (const update of client.subscribe({ topics, orgs: orgs.length > 0 ? orgs : '*' })) {
            terminal.data(update);
            if (update.kind === 'event') terminal.paragraph(lineOf(update.event, Date.now()));
            if (update.kind === 'resumed') terminal.note('No event was missed.');
            if (update.kind !== 'snapshot') continue;
            if (!update.first) terminal.note('Events were missed. The present state:');
            if (update.first && !terminal.json) terminal.note(zoneNote);
            terminal.note(countLine(countsOf(update.sessions), terminal.colors));
          }
          return 'ok';
        }),
      ),
    );
};
