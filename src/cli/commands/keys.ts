/** `vigia keys`: API keys, in the directory of the sessions. Works without a server; one that runs notices within two seconds. */

import { InvalidArgumentError, Option } from 'commander';
import type { Failed } from '../../base/result.ts';
import { type KeyAdmin, type KeyRequest, openKeyAdmin } from '../../offline/keys.ts';
import { scopes } from '../../protocol/scopes.ts';
import type { Context, Register } from '../command.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { printable } from '../terminal.ts';

const adminOf = ({ env }: Context) => openKeyAdmin(env['AUTH_DIR'] || './auth_sessions');
const exitOf: Readonly<Record<string, Exit>> = { key_request_invalid: 'usage' };
const done = <A extends { readonly ok: true } | Failed>(answer: A): Exclude<A, { readonly ok: false }> => {
  if (!answer.ok) throw new Failure(exitOf[answer.code] ?? 'failure', answer.code, answer.message);
  return answer as Exclude<A, { readonly ok: false }>;
};

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };
/** `90d`, `12h`, or a time in ISO 8601, as a time in ISO 8601. */
const expiryOf = (text: string): string => {
  const [, count, unit = ''] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : Date.now() + Number(count) * (unitMs[unit] ?? 0);
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must look like 90d, 12h or 2030-01-31T00:00:00Z.');
  return new Date(at).toISOString();
};
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
    expiresAt ?? 'does not expire',
  ].join('  ');

export const keys: Register = (program, run) => {
  const group = program
    .command('keys')
    .description('API keys: make, list, revoke. Needs no server; one that runs notices within two seconds.');
  group
    .command('create')
    .description('Makes a key and prints it, once: it is stored as a digest and cannot be shown again.')
    .requiredOption('--name <name>', 'Who holds it.')
    .addOption(new Option('--scope <scope...>', 'What it may do.').choices(scopes).makeOptionMandatory())
    .option('--org <id...>', 'For which organizations (default: all).')
    .option('--expires <when>', '90d, 12h or a time in ISO 8601 (default: when it is revoked).', expiryOf)
    .action(
      run(async (context, { name, scope, org, expires }: CreateOptions) => {
        const { terminal } = context;
        const { keyId, key } = done(await adminOf(context).create({ name, scopes: scope, orgs: org ?? '*', expiresAt: expires }));
        terminal.line(key);
        terminal.data({ keyId, key });
        terminal.note(`The key ${keyId} was made. Keep it like a password: it is not shown again.`);
        return 'ok';
      }),
    );
  group
    .command('list')
    .description('Lists the keys, without what opens anything.')
    .action(
      run(async (context) => {
        const { terminal } = context;
        const { keys: all } = done(await adminOf(context).list());
        for (const key of all) {
          terminal.data(key);
          terminal.line(lineOf(key));
        }
        if (all.length === 0) terminal.note('There are no keys yet.');
        return 'ok';
      }),
    );
  group
    .command('revoke')
    .description('Ends a key for good; its connections are closed.')
    .argument('<key-id>', 'The id of the key, as "keys list" shows it; never the key itself.')
    .action(
      run(async (context, keyId: string) => {
        const { terminal } = context;
        const { changed } = done(await adminOf(context).revoke(keyId));
        terminal.data({ keyId, changed });
        terminal.line(changed ? `The key ${keyId} is revoked.` : `The key ${keyId} was revoked before.`);
        return 'ok';
      }),
    );
};
