/** `vigia export` and `vigia import`: one organization out of a directory and into one. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { build } from '../../base/build.ts';
import { exportOrganization, importOrganization, type Manifest, writeNewFile } from '../../offline/bundles.ts';
import { authDirOf, inspectSettings } from '../../offline/settings.ts';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { carefully, orgNamed } from '../offline.ts';

const warning = 'It holds credentials: whoever has it has the account. Keep it as safe as a password, and delete it when it is imported.';
/** A bundle from a pipe is held in memory, because it is read twice. */
const mostPipedBytes = 256 * 1024 * 1024;

const factsOf = ({ org, account, files, fingerprint }: Manifest) => ({ org, account, files: files.length, fingerprint });

/** To a file of its own, or to whatever stdout is piped into: a terminal would show credentials, and keep them. */
const write = async ({ terminal }: Context, content: AsyncGenerator<Buffer>, out: string | undefined, force: boolean): Promise<void> => {
  if (out === undefined) await pipeline(content, terminal.stdout, { end: false });
  else await writeNewFile(out, content, { replace: force });
};

const exporting: Register = (program, run) => {
  program
    .command('export')
    .description('Writes one organization into a bundle, to move or to keep it. It must be stopped, or the server must not run.')
    .argument('<org>', 'The organization: the name of its directory in AUTH_DIR.')
    .option('--out <file>', 'The file to write (mode 0600). Without it the bundle goes to stdout, which must not be a terminal.')
    .option('--force', 'Overwrites the file.')
    .action(
      run(async (context, name: string, { out, force }: { readonly out?: string; readonly force?: boolean }) => {
        const { terminal, env } = context;
        const org = orgNamed(name);
        if (out === undefined && (terminal.stdout.isTTY || terminal.json)) {
          throw new Failure('usage', 'no_file', 'a bundle is not for the screen: name a file with --out, or pipe stdout into one.');
        }
        return carefully(async () => {
          const done = await exportOrganization(authDirOf(inspectSettings(env)), org, build, ({ content }) =>
            write(context, content(), out, force === true),
          );
          if (!done.ok) throw new Failure('failure', done.code, done.message);
          const { manifest, leftOut } = done.exported;
          for (const odd of leftOut) terminal.note(`Left out, because it is no regular file: ${JSON.stringify(odd)}`);
          terminal.data({ ok: true, file: out, ...factsOf(manifest), leftOut });
          terminal.note(
            `"${org}" (${manifest.account}, ${manifest.files.length} files) was exported${out === undefined ? '' : ` to ${out}`}. ${warning}`,
          );
          return 'ok';
        });
      }),
    );
};

const readPiped = async ({ terminal }: Context): Promise<() => AsyncIterable<Uint8Array>> => {
  if (terminal.stdin.isTTY) throw new Failure('usage', 'no_file', 'there is nothing on stdin: name a file, or pipe a bundle in.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of terminal.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostPipedBytes)
      throw new Failure('failure', 'too_large', 'the bundle is too large to be piped in; write it to a file first.');
    chunks.push(chunk);
  }
  return async function* () {
    yield* chunks;
  };
};

const importing: Register = (program, run) => {
  program
    .command('import')
    .description('Puts the organization of a bundle into AUTH_DIR. A server that runs takes it up by itself.')
    .argument('<file>', 'The bundle; "-" reads it from stdin.')
    .option('--org <name>', 'Another name for it here.')
    .option('--force', 'Also an older copy, or another device, takes the place; what is there is archived, never deleted.')
    .action(
      run(async (context, file: string, { org, force }: { readonly org?: string; readonly force?: boolean }) => {
        const { terminal, env } = context;
        const as = org === undefined ? undefined : orgNamed(org);
        const source = file === '-' ? await readPiped(context) : () => createReadStream(file);
        return carefully(async () => {
          const done = await importOrganization({
            root: authDirOf(inspectSettings(env)),
            source,
            ...(as !== undefined && { as }),
            force: force === true,
          });
          if (!done.ok) throw new Failure('failure', done.code, done.message);
          const { manifest, archived, same, supervised, stopped } = done;
          terminal.data({ ok: true, ...factsOf(manifest), org: done.org, same, archived: archived ?? null, supervised, stopped });
          terminal.line(
            same
              ? `"${done.org}" holds exactly this already; nothing was done.`
              : `"${done.org}" (${manifest.account}, ${manifest.files.length} files) was imported.`,
          );
          if (archived !== undefined) terminal.line(`What was there before is in ${archived}.`);
          if (stopped) terminal.line(`It is stopped: "vigia restore ${done.org}" starts it.`);
          else if (!same)
            terminal.line(
              supervised ? 'The server takes it up by itself within its scan interval.' : 'The next start of the server restores it.',
            );
          if (!same) terminal.note(`Make sure that no other server still runs it: two logins of one device throw each other out.`);
          return 'ok';
        });
      }),
    );
};

export const bundles: Register = (program, run) => {
  exporting(program, run);
  importing(program, run);
};
