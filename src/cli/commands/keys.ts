/**
 * `vigia keys`: the API keys in the directory of the sessions. A running server notices changes within two
 * seconds.
 */
import { Option } from 'commander';
import type { Failed } from '../../base/result.ts';
import { type KeyAdmin, type KeyRequest, openKeyAdmin } from '../../offline/keys.ts';
import { scopes } from '../../protocol/scopes.ts';
import { authDirIn } from '../auth-dir.ts';
import type { Context, Register } from '../command.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { group } from '../group.ts';
import { printable } from '../terminal.ts';
import { dateTime } from '../time.ts';
import { timeGiven } from '../when.ts';

const adminOf = (context: Context) => openKeyAdmin(authDirIn(context));
const exitOf: Readonly<Record<string, Exit>> = { key_request_invalid: 'usage' };
const succeeded = <A extends { readonly ok: true } | Failed>(
  answer: A,
): Exclude<A, { readonly ok: false }> => {
  if (!answer.ok) throw new Failure(exitOf[answer.code] ?? 'failure', answer.code, answer.message);
  return answer as Exclude<A, { readonly ok: false }>;
};

/** A time in ISO 8601. */
const expiryOf = (text: string): string => new Date(timeGiven(text)).toISOString();
type ListedKey = Extract<Awaited<ReturnType<KeyAdmin['list']>>, { ok: true }>['keys'][number];
interface CreateOptions {
  readonly name: string;
  readonly scope: KeyRequest['scopes'];
  readonly org?: readonly string[];
  readonly expires?: string;
}
const lineOf = ({ keyId, status, name, scopes: held, orgs, expiresAt }: ListedKey) =>
  [
    keyId,
    status,
    printable(name),
    held.join(','),
    orgs === '*' ? 'all organizations' : orgs.join(','),
    expiresAt ? dateTime(expiresAt) : 'does not expire',
  ].join('  ');

export const keys: Register = (program, run) => {
  const its = group(program, {
    name: 'keys',
    does: 'list',
    description:
      'Lists, creates and revokes API keys. Needs no server; a running one notices within two seconds.',
  });
  its
    .command('create')
    .description('Creates a key and prints it once. It is stored as a digest, and cannot be shown again.')
    .requiredOption('--name <name>', 'The holder of the key.')
    .addOption(
      new Option('--scope <scope...>', 'The permissions of the key.').choices(scopes).makeOptionMandatory(),
    )
    .option('--org <id...>', 'The organizations of the key (default: all).')
    .option('--expires <when>', '90d, 12h, 30min or a time in ISO 8601 (default: never).', expiryOf)
    .action(
      run(async (context, { name, scope, org, expires }: CreateOptions) => {
        const { terminal } = context;
        const { keyId, key } = succeeded(
          await adminOf(context).create({ name, scopes: scope, orgs: org ?? '*', expiresAt: expires }),
        );
        terminal.line(key);
        terminal.data({ keyId, key });
        terminal.note(`The key ${keyId} was created. Protect it like a password; it is not shown again.`);
        return 'ok';
      }),
    );
  its
    .command('list', { isDefault: true })
    .alias('ls')
    .description('Lists the keys, without their secrets.')
    .action(
      run(async (context) => {
        const { terminal } = context;
        const { keys: all } = succeeded(await adminOf(context).list());
        for (const key of all) {
          terminal.data(key);
          terminal.paragraph(lineOf(key));
        }
        if (all.length === 0) terminal.note('There are no keys yet.');
        return 'ok';
      }),
    );
  its
    .command('revoke')
    .description('Revokes a key permanently, and closes its connections.')
    .argument('<key-id>', 'The id of the key from "keys list", never the key itself.')
    .action(
      run(async (context, keyId: string) => {
        const { terminal } = context;
        const { changed } = succeeded(await adminOf(context).revoke(keyId));
        terminal.data({ keyId, changed });
        terminal.line(changed ? `The key ${keyId} is revoked.` : `The key ${keyId} was already revoked.`);
        return 'ok';
      }),
    );
};
