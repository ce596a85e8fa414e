/** `vigia webhooks`: deliveries to endpoints and to people. */
import { Option } from 'commander';
import { type Client, type Result, VigiaError } from '../../client/client.ts';
import { alignedRows } from '../columns.ts';
import type { Context, Register } from '../command.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { group } from '../group.ts';
import { online } from '../online.ts';
import { plainMessage } from '../plain-message.ts';
import { retryThrottled } from '../retry-throttled.ts';
import { printable } from '../terminal.ts';
import { ago, until } from '../time.ts';
import { countGiven } from '../when.ts';

type Delivery = Result<'webhook.deliveries'>['items'][number];
const mostListed = 500;
const columns = ['delivery', 'type', 'status', 'attempts', 'created', 'next', 'last answer'] as const;

const rowOf = (one: Delivery, now: number): string[] => [
  printable(one.id),
  one.type,
  one.status,
  String(one.attempts),
  `${ago(one.createdAt, now)} ago`,
  one.nextAttemptAt === null ? '' : `in ${until(one.nextAttemptAt, now)}`,
  one.lastError ?? (one.lastStatus === null ? '' : `HTTP ${one.lastStatus}`),
];
interface ListOptions {
  readonly status?: Delivery['status'];
  readonly limit: number;
}
const list = async (context: Context, { status, limit }: ListOptions) =>
  online(context, async (client) => {
    const { terminal } = context;
    const params = { limit, ...(status && { status }) };
    const { items, nextCursor } = await client.call('webhook.deliveries', params);
    for (const one of items) terminal.data(one);
    const rows = items.map((one) => rowOf(one, Date.now()));
    const { bold } = terminal.colors;
    if (rows.length > 0)
      for (const line of alignedRows(columns, rows, { bold, width: terminal.width })) terminal.line(line);
    if (rows.length === 0) terminal.note('There are no deliveries.');
    if (nextCursor !== null) terminal.note(`These are the newest ${limit}; there are more (--limit).`);
    return 'ok';
  });

/** Every delivery that was given up. */
const deadOnes = async (client: Client): Promise<string[]> => {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const from = cursor === undefined ? {} : { cursor };
    const params = { status: 'dead', limit: mostListed, ...from } as const;
    const { items, nextCursor } = await retryThrottled(() => client.call('webhook.deliveries', params));
    ids.push(...items.map(({ id }) => id));
    if (nextCursor === null) return ids;
    cursor = nextCursor;
  }
};
const redeliver = async (context: Context, given: readonly string[], isAll: boolean) => {
  if (given.length === 0 && !isAll)
    throw new Failure('usage', 'no_delivery', 'name a delivery, or use --dead.');
  if (given.length > 0 && isAll)
    throw new Failure('usage', 'dead_and_some', 'name deliveries or use --dead, not both.');
  return online(context, async (client): Promise<Exit> => {
    const { terminal } = context;
    const ids = isAll ? await deadOnes(client) : given;
    let failures = 0;
    for (const deliveryId of ids) {
      try {
        const { delivery } = await retryThrottled(() => client.call('webhook.redeliver', { deliveryId }));
        terminal.data(delivery);
        terminal.paragraph(`${terminal.colors.green('✓')} ${printable(deliveryId)}  queued`);
      } catch (error) {
        if (!(error instanceof VigiaError) || error.reason !== 'not_found') throw error;
        failures += 1;
        terminal.data({ id: deliveryId, error: { code: error.reason, message: plainMessage(error) } });
        terminal.paragraph(
          `${terminal.colors.red('✗')} ${printable(deliveryId)}  ${printable(plainMessage(error))}`,
        );
      }
    }
    if (ids.length === 0) terminal.note('No delivery was given up.');
    if (failures === 0) return 'ok';
    return ids.length > 1 ? 'partly' : 'failure';
  });
};
const test = async (context: Context, endpoint: string) =>
  online(context, async (client) => {
    const { terminal } = context;
    const answer = await client.call('webhook.test', { endpoint });
    const { status, error, durationMs } = answer;
    const isDone = error === null;
    terminal.data({ endpoint, ok: isDone, ...answer });
    const what = status === null ? 'gave no answer' : `answered with HTTP ${status}`;
    const why = isDone ? '' : ` (${printable(error)})`;
    terminal.paragraph(
      `${isDone ? 'delivered' : 'not delivered'}: "${endpoint}" ${what} after ${durationMs} ms${why}.`,
    );
    return isDone ? 'ok' : 'failure';
  });

export const webhooks: Register = (program, run) => {
  const its = group(program, {
    name: 'webhooks',
    does: 'list',
    description:
      'Lists, repeats and tests deliveries to webhooks and to people. Without a command it lists them.',
  });
  its
    .command('list', { isDefault: true })
    .aliases(['ls', 'deliveries'])
    .description('Lists deliveries, the newest first.')
    .addOption(
      new Option('--status <status>', 'Only these. "dead" ones were given up.').choices([
        'pending',
        'delivered',
        'dead',
      ]),
    )
    .option('--limit <count>', `The number of deliveries, at most ${mostListed}.`, countGiven(mostListed), 50)
    .action(run(async (context, options: ListOptions) => list(context, options)));
  its
    .command('redeliver')
    .alias('retry')
    .description('Queues deliveries again, with the same webhook-id.')
    .argument('[delivery...]', 'The deliveries, as "webhooks list" names them.')
    .option('--dead', 'Every delivery that was given up.')
    .action(
      run(async (context, ids: readonly string[], { dead = false }: { readonly dead?: boolean }) =>
        redeliver(context, ids, dead),
      ),
    );
  its
    .command('test')
    .description('Sends one test to an endpoint now, and shows its answer.')
    .argument('<endpoint>', 'The name of the endpoint: the part of a delivery before the slash.')
    .action(run(async (context, endpoint: string) => test(context, endpoint)));
};
