/** `vigia logout`: unlinks the device. It cannot be undone, so it is asked for twice. */
import { createInterface } from 'node:readline';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { isUnlinked } from '../idle-reason.ts';
import { online } from '../online.ts';

/** The first line of stdin; undefined when there is none. */
const answer = async ({ stdin, stderr }: Context['terminal'], question: string): Promise<string | undefined> => {
  stderr.write(question);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return line.trim();
    stderr.write('\n'); // nobody pressed Enter
    return undefined;
  } finally {
    lines.close();
    stdin.destroy(); // or the process would wait for more
  }
};
const confirm = async ({ terminal }: Context, orgId: string, isBare: boolean): Promise<void> => {
  const what = isBare
    ? `This removes "${orgId}", to which no phone was ever linked, from the list.`
    : `This unlinks the device of "${orgId}"; to use it again, a phone has to scan.`;
  const typed = await answer(terminal, `${what} Type ${orgId} to go on: `);
  if (typed !== orgId) throw new Failure('failure', 'not_confirmed', `nothing was done: "${orgId}" was not typed. In scripts, use --yes.`);
};

export const logout: Register = (program, run) => {
  program
    .command('logout')
    .description('Unlinks the device, moves its credentials to the archive and removes the session. Asks first.')
    .argument('<org>', 'The organization.')
    .option('--yes', 'Does not ask.')
    .action(
      run(async (context, orgId: string, { yes = false }: { yes?: boolean }) =>
        online(context, async (client) => {
          const { terminal } = context;
          const { session } = await client.call('session.get', { orgId }); // before it is asked about: is it there?
          const isBare = isUnlinked(session);
          if (!yes) await confirm(context, orgId, isBare);
          const { unlinked, durable } = await client.call('session.logout', { orgId });
          terminal.data({ orgId, unlinked, durable });
          if (isBare) {
            terminal.line(`"${orgId}" is removed from the list; no phone was ever linked to it.`);
            return 'ok';
          }
          terminal.line(`"${orgId}" is logged out; its credentials are in the archive.`);
          if (!unlinked) terminal.note('WhatsApp could not be told: remove the device on the phone (Linked devices).');
          return 'ok';
        }),
      ),
    );
};
