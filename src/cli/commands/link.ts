/** `vigia link`: links with which a customer pairs an organization without a key. */
import { InvalidArgumentError, Option } from 'commander';
import type { Input, Result } from '../../client/client.ts';
import { languages } from '../../protocol/methods/links.ts';
import { alignedRows } from '../columns.ts';
import type { Context, Register } from '../command.ts';
import { group } from '../group.ts';
import { online } from '../online.ts';
import { ago, dateTime, until } from '../time.ts';
import { timeGiven } from '../when.ts';

type Link = Result<'pairing.links'>['items'][number];
type Request = Input<'pairing.createLink'>;
interface CreateOptions {
  /** Seconds from now. */
  readonly expires?: number;
  readonly method?: NonNullable<Request['method']>;
  readonly name?: string;
  readonly language?: NonNullable<Request['language']>;
  readonly returnUrl?: string;
}
const columns = ['link', 'organization', 'status', 'starts', 'created', 'expires'] as const;
const rowOf = (link: Link, now: number): string[] => [
  link.linkId,
  link.orgId,
  link.status,
  `${link.starts} of ${link.maxStarts}`,
  `${ago(link.createdAt, now)} ago`,
  link.status === 'open' ? `in ${until(link.expiresAt, now)}` : '',
];

/** The limits of a link's life, in milliseconds, as in the API. */
const [leastMs, mostMs] = [60_000, 7 * 86_400_000];
/** The clock goes on between two readings of it, and the ends of the range are accepted. */
const slackMs = 5_000;
/** Seconds from now. Throws `InvalidArgumentError`. */
const lifetimeGiven = (text: string): number => {
  const ms = timeGiven(text) - Date.now();
  if (ms < leastMs - slackMs || ms > mostMs + slackMs)
    throw new InvalidArgumentError('A link lives from 1 minute to 7 days.');
  return Math.round(Math.min(Math.max(ms, leastMs), mostMs) / 1_000);
};

const create = async (
  context: Context,
  orgId: string,
  { expires: expiresInSeconds, ...given }: CreateOptions,
) =>
  online(context, async (client) => {
    const { terminal } = context;
    const lifetime = expiresInSeconds === undefined ? {} : { expiresInSeconds };
    const { link, url } = await client.call('pairing.createLink', { orgId, ...lifetime, ...given });
    terminal.data({ url, ...link });
    terminal.line(url);
    const end = `${dateTime(link.expiresAt)} (in ${until(link.expiresAt, Date.now())})`;
    terminal.note(
      `It opens the pairing of "${orgId}" without a key until ${end}, or until a phone is linked. ` +
        'Send it to this customer only. It is not shown again.',
    );
    terminal.note(`"vigia link revoke ${link.linkId}" ends it.`);
    return 'ok';
  });
const list = async (context: Context, orgId: string | undefined) =>
  online(context, async (client) => {
    const { terminal } = context;
    const { items } = await client.call('pairing.links', orgId === undefined ? {} : { orgId });
    for (const link of items) terminal.data(link);
    const rows = items.map((link) => rowOf(link, Date.now()));
    const { bold } = terminal.colors;
    if (rows.length > 0)
      for (const line of alignedRows(columns, rows, { bold, width: terminal.width })) terminal.line(line);
    else terminal.note('There are no pairing links.');
    return 'ok';
  });
const revoke = async (context: Context, linkId: string) =>
  online(context, async (client) => {
    const { changed } = await client.call('pairing.revokeLink', { linkId });
    context.terminal.data({ linkId, changed });
    context.terminal.line(`The link ${linkId} ${changed ? 'is revoked' : 'had ended before'}.`);
    return 'ok';
  });

export const link: Register = (program, run) => {
  const its = group(program, {
    name: 'link',
    does: 'create',
    takesWord: true,
    description: 'Makes, lists and revokes pairing links. With an organization it makes one.',
  });
  its
    .command('create', { isDefault: true })
    .description(
      'Makes a link with which a customer pairs this organization without a key. Prints its address.',
    )
    .argument('<org>', 'The organization. The pairing creates it if it does not exist.')
    .option(
      '--expires <when>',
      'The end: 12h, 30min, 7d or a time in ISO 8601 (default: 24h).',
      lifetimeGiven,
    )
    .addOption(
      new Option('--method <method>', 'Offers only this way (default: the customer chooses).').choices([
        'qr',
        'code',
      ]),
    )
    .option('--name <name>', 'The name of your business, which the customer sees.')
    .addOption(
      new Option('--language <language>', 'The language of the page (default: that of the browser).').choices(
        languages,
      ),
    )
    .option('--return-url <url>', 'An https address of yours, to which the page leads afterwards.')
    .action(run(async (context, org: string, options: CreateOptions) => create(context, org, options)));
  its
    .command('list')
    .alias('ls')
    .description('Lists pairing links, the newest first, without their addresses.')
    .argument('[org]', 'Only those of this organization.')
    .action(run(async (context, org: string | undefined) => list(context, org)));
  its
    .command('revoke')
    .description('Ends a link, and the pairing that it started.')
    .argument('<link-id>', 'The id of the link from "link list".')
    .action(run(async (context, linkId: string) => revoke(context, linkId)));
};
