/** `vigia alerts`: what needs a person now, and what was silenced. */
import { Option } from 'commander';
import type { Result } from '../../client/client.ts';
import type { Context, Register } from '../command.ts';
import { group } from '../group.ts';
import { online } from '../online.ts';
import { printable, type Terminal } from '../terminal.ts';
import { ago, dateTime } from '../time.ts';
import { futureGiven, timeGiven } from '../when.ts';

type Alert = Result<'alert.list'>['items'][number];
const colorOf = { critical: 'red', warning: 'yellow' } as const;
const mostListed = 500;
const defaultSilence = '1h';

const stateOf = ({ status, startsAt, endsAt, silencedUntil }: Alert, now: number): string => {
  if (status === 'resolved') return `ended ${ago(endsAt ?? startsAt, now)} ago`;
  const isSilent = silencedUntil !== null && Date.parse(silencedUntil) > now;
  return `firing for ${ago(startsAt, now)}${isSilent ? `, silenced until ${dateTime(silencedUntil)}` : ''}`;
};
const show = (terminal: Terminal, alert: Alert, now: number): void => {
  const { fingerprint, name, severity, orgId, summary, action } = alert;
  const paint = terminal.colors[colorOf[severity]];
  terminal.data(alert);
  terminal.paragraph(`${orgId ?? 'the server'}: ${name}, ${stateOf(alert, now)}`, `${paint(severity)}  `);
  terminal.paragraph(printable(`${summary} ${action}`), '    ');
  if (alert.status === 'firing') terminal.paragraph(`fingerprint ${fingerprint}`, '    ');
};
const list = async (context: Context, status: Alert['status'] | undefined) =>
  online(context, async (client) => {
    const { terminal } = context;
    const params = { limit: mostListed, ...(status && { status }) };
    const { items, nextCursor } = await client.call('alert.list', params);
    for (const alert of items) show(terminal, alert, Date.now());
    if (items.length === 0)
      terminal.note(status === 'resolved' ? 'No alert ended recently.' : 'No alert is firing.');
    if (nextCursor !== null) terminal.note(`These are the latest ${mostListed}; there are more.`);
    return 'ok';
  });
const silence = async (context: Context, fingerprint: string, until: string | null) =>
  online(context, async (client) => {
    const { terminal } = context;
    const { alert } = await client.call('alert.silence', { fingerprint, until });
    terminal.data(alert);
    const how = until === null ? 'is no longer silenced' : `is silenced until ${dateTime(until)}`;
    terminal.line(`${alert.name} of ${alert.orgId ?? 'the server'} ${how}.`);
    return 'ok';
  });

export const alerts: Register = (program, run) => {
  const its = group(program, {
    name: 'alerts',
    does: 'list',
    description: 'Lists alerts, and silences them. Without a command it lists them.',
  });
  its
    .command('list', { isDefault: true })
    .alias('ls')
    .description('Lists the alerts that fire, the latest first.')
    .addOption(
      new Option('--status <status>', 'Alerts in this status; "all" also lists those that ended recently.')
        .choices(['firing', 'resolved', 'all'])
        .default('firing'),
    )
    .action(
      run(async (context, { status }: { readonly status: Alert['status'] | 'all' }) =>
        list(context, status === 'all' ? undefined : status),
      ),
    );
  its
    .command('silence')
    .description('Sends no notice of an alert for a while. It keeps firing, and its end is sent.')
    .argument('<fingerprint>', 'The fingerprint from "alerts list".')
    .option('--until <when>', 'The end: 12h, 30min, 7d or a time in ISO 8601 (default: 1h).', futureGiven)
    .action(
      run(async (context, fingerprint: string, { until }: { readonly until?: number }) =>
        silence(context, fingerprint, new Date(until ?? timeGiven(defaultSilence)).toISOString()),
      ),
    );
  its
    .command('unsilence')
    .description('Sends notices of a silenced alert again.')
    .argument('<fingerprint>', 'The fingerprint from "alerts list".')
    .action(run(async (context, fingerprint: string) => silence(context, fingerprint, null)));
};
