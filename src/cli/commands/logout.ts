/** `vigia logout`: unlinks the device. It cannot be undone, so the command asks for a confirmation. */
import { createInterface } from 'node:readline';
import type { Session } from '../../client/client.ts';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { isUnlinked, sharesItsDevice } from '../idle-reason.ts';
import { online } from '../online.ts';

/** The first line of stdin; undefined without one. */
const ask = async ({ stdin, stderr }: Context['terminal'], question: string): Promise<string | undefined> => {
  stderr.write(question);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return line.trim();
    stderr.write('\n'); // stdin ended without a line
    return undefined;
  } finally {
    lines.close();
    stdin.destroy(); // otherwise it keeps the process alive
  }
};
const consequence = (session: Session): string => {
  const { orgId, duplicateOf } = session;
  if (isUnlinked(session)) return `This removes "${orgId}" from the list. No phone was ever linked to it.`;
  if (!sharesItsDevice(session))
    return `This unlinks the device of "${orgId}". To use it again, a phone must scan a new QR.`;
  const user = duplicateOf === null ? 'a newer copy' : `"${duplicateOf}"`;
  return `This archives the copy "${orgId}". The device stays linked, because ${user} uses it.`;
};
const confirm = async ({ terminal }: Context, session: Session): Promise<void> => {
  const { orgId } = session;
  const typed = await ask(terminal, `${consequence(session)} Type ${orgId} to confirm: `);
  if (typed !== orgId)
    throw new Failure(
      'failure',
      'not_confirmed',
      `nothing was done, because "${orgId}" was not typed. In scripts, use --yes.`,
    );
};

export const logout: Register = (program, run) => {
  program
    .command('logout')
    .description(
      'Unlinks the device, archives its credentials and removes the session, after a confirmation.',
    )
    .argument('<org>', 'The organization.')
    .option('--yes', 'Does not ask for confirmation.')
    .action(
      run(async (context, orgId: string, { yes = false }: { yes?: boolean }) =>
        online(context, async (client) => {
          const { terminal } = context;
          // fails before the question when it does not exist
          const { session } = await client.call('session.get', { orgId });
          const isBare = isUnlinked(session);
          if (!yes) await confirm(context, session);
          const { unlinked, durable } = await client.call('session.logout', { orgId });
          terminal.data({ orgId, unlinked, durable });
          if (isBare) {
            terminal.line(`"${orgId}" was removed from the list. No phone was ever linked to it.`);
            return 'ok';
          }
          terminal.line(`"${orgId}" was logged out. Its credentials are in the archive.`);
          if (!unlinked)
            terminal.note(
              sharesItsDevice(session)
                ? 'The device stays linked: another copy uses it. Do not remove it on the phone.'
                : 'WhatsApp did not confirm it. Remove the device on the phone (Linked devices).',
            );
          return 'ok';
        }),
      ),
    );
};
