/** `vigia export` and `vigia import`: one organization as a bundle, out of a directory and into one. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { build } from '../../base/build.ts';
import {
  exportOrganization,
  importOrganization,
  type Manifest,
  writeNewFile,
} from '../../offline/bundles.ts';
import { authDirIn } from '../auth-dir.ts';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { orgNamed, withPlainFailures } from '../offline.ts';

const warning =
  'Its credentials give access to the account. Protect it like a password, and delete it after the import.';
/** A bundle from a pipe stays in memory, because it is read twice. */
const mostPipedBytes = 256 * 1024 * 1024;

const factsOf = ({ org, account, files, fingerprint }: Manifest) => ({
  org,
  account,
  files: files.length,
  fingerprint,
});

/**
 * Writes to a new file, or to a pipe. Never to a terminal, which would show the credentials and keep them.
 */
const write = async (
  { terminal }: Context,
  content: AsyncGenerator<Buffer>,
  out: string | undefined,
  force: boolean,
): Promise<void> => {
  if (out === undefined) await pipeline(content, terminal.stdout, { end: false });
  else await writeNewFile(out, content, { replace: force });
};

const exporting: Register = (program, run) => {
  program
    .command('export')
    .description('Writes one organization to a bundle, for a move or a backup. Stop it or the server first.')
    .argument('<org>', 'The organization (the name of its directory in AUTH_DIR).')
    .option(
      '--out <file>',
      'The file to write, with mode 0600. By default stdout, which must not be a terminal.',
    )
    .option('--force', 'Overwrites the file.')
    .action(
      run(
        async (
          context,
          name: string,
          { out, force }: { readonly out?: string; readonly force?: boolean },
        ) => {
          const { terminal, env } = context;
          const org = orgNamed(name);
          if (out === undefined && (terminal.stdout.isTTY || terminal.json)) {
            throw new Failure(
              'usage',
              'no_file',
              'the bundle needs a file. Name one with --out, or redirect stdout without --json.',
            );
          }
          return withPlainFailures(async () => {
            const done = await exportOrganization(authDirIn({ env }), org, build, ({ content }) =>
              write(context, content(), out, force === true),
            );
            if (!done.ok) throw new Failure('failure', done.code, done.message);
            const { manifest, leftOut } = done.exported;
            for (const odd of leftOut)
              terminal.note(`Left out, because it is not a regular file: ${JSON.stringify(odd)}`);
            terminal.data({ ok: true, file: out, ...factsOf(manifest), leftOut });
            const target = out === undefined ? '' : ` to ${out}`;
            const counts = `${manifest.account}, ${manifest.files.length} files`;
            terminal.note(`"${org}" (${counts}) was exported${target}. ${warning}`);
            return 'ok';
          });
        },
      ),
    );
};

const readPiped = async ({ terminal }: Context): Promise<() => AsyncIterable<Uint8Array>> => {
  if (terminal.stdin.isTTY)
    throw new Failure('usage', 'no_file', 'stdin is a terminal. Name a file, or pipe a bundle in.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of terminal.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostPipedBytes)
      throw new Failure(
        'failure',
        'too_large',
        'the bundle is too large to be piped in. Write it to a file, and import the file.',
      );
    chunks.push(chunk);
  }
  return async function* () {
    yield* chunks;
  };
};

const importing: Register = (program, run) => {
  program
    .command('import')
    .description('Imports the organization of a bundle into AUTH_DIR. A running server finds it by itself.')
    .argument('<file>', 'The bundle. "-" reads it from stdin.')
    .option('--org <name>', 'Imports it under another name.')
    .option(
      '--force',
      'Replaces newer credentials or another device. The replaced files are archived, never deleted.',
    )
    .action(
      run(
        async (
          context,
          file: string,
          { org, force }: { readonly org?: string; readonly force?: boolean },
        ) => {
          const { terminal, env } = context;
          const as = org === undefined ? undefined : orgNamed(org);
          const source = file === '-' ? await readPiped(context) : () => createReadStream(file);
          return withPlainFailures(async () => {
            const done = await importOrganization({
              root: authDirIn({ env }),
              source,
              ...(as !== undefined && { as }),
              force: force === true,
            });
            if (!done.ok) throw new Failure('failure', done.code, done.message);
            const { manifest, archived, same, supervised, stopped } = done;
            terminal.data({
              ok: true,
              ...factsOf(manifest),
              org: done.org,
              same,
              archived: archived ?? null,
              supervised,
              stopped,
            });
            terminal.line(
              same
                ? `"${done.org}" already has exactly this content. Nothing was done.`
                : `"${done.org}" (${manifest.account}, ${manifest.files.length} files) was imported.`,
            );
            if (archived !== undefined) terminal.line(`The previous content is in ${archived}.`);
            if (stopped) terminal.line(`It is stopped. "vigia restore ${done.org}" starts it.`);
            else if (!same)
              terminal.line(
                supervised
                  ? 'The server finds it within its scan interval.'
                  : 'The next start of the server restores it.',
              );
            if (!same)
              terminal.note(
                'Make sure that no other server runs it: two logins of one device disconnect each other.',
              );
            return 'ok';
          });
        },
      ),
    );
};

export const bundles: Register = (program, run) => {
  exporting(program, run);
  importing(program, run);
};
