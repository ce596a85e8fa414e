/**
 * `npm run demo`: a fake WhatsApp server and the supervisor together, so that a newcomer sees Vigía work
 * without a phone, and an integrator develops without one.
 */
import { act, actions } from './demo/act.ts';
import type { Stage } from './demo/stage.ts';

/** A terminal and npm both pass on one Ctrl-C. A second signal within this time is the same Ctrl-C. */
const sameSignalMs = 1_000;
const print = (text: string) => process.stdout.write(`\n── ${text}\n\n`);
const usage = `npm run demo             Shows Vigía at work, in a story of a minute.
npm run demo -- serve    Keeps a server for your own program: five organizations, no story.

In another terminal, while the demo runs:
${Object.entries(actions)
  .map(([name, does]) => `npm run demo -- ${name} ORG\n    ${does}`)
  .join('\n')}
`;

/** Runs until a signal. */
const perform = async (isStory: boolean): Promise<void> => {
  // Imported here, because a phone of another terminal needs none of it.
  const { openStage, organizations } = await import('./demo/stage.ts');
  const { tell } = await import('./demo/story.ts');
  let stage: Stage | undefined;
  let endingSince: number | undefined;
  const end = async (code: number) => {
    if (endingSince !== undefined) {
      // the second Ctrl-C ends the demo at once
      if (performance.now() - endingSince > sameSignalMs) process.exit(1);
      return;
    }
    endingSince = performance.now();
    print('Stopping: the sockets are closed without a logout, and the directory of the demo is removed.');
    await stage?.close();
    process.exit(code);
  };
  process.on('SIGINT', () => void end(0));
  process.on('SIGTERM', () => void end(0));
  process.on('SIGHUP', () => void end(0)); // the terminal was closed, and takes no output
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    stage = await openStage(process.env, print);
    if (isStory) return await tell(stage, print);
    await stage.start(organizations);
    print(`Ready: ${organizations.join(', ')}.
   In another terminal, from this directory:

     ${stage.command} status --watch
     ${stage.command} pair new-customer
     npm run demo -- scan new-customer

   The server is ${stage.url}. Ctrl-C stops the demo, and removes its directory.`);
  } catch (error) {
    // While the demo stops, its open waits fail, as expected.
    if (endingSince !== undefined) return;
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    await end(1);
  }
};

const [action, org, phone, ...rest] = process.argv.slice(2);
const isAction = action !== undefined && Object.hasOwn(actions, action);
if (action === undefined || (action === 'serve' && org === undefined)) await perform(action === undefined);
else if (isAction && org !== undefined && rest.length === 0) process.exitCode = await act(action, org, phone);
else {
  const isHelp = action === '--help' || action === '-h' || action === 'help';
  process[isHelp ? 'stdout' : 'stderr'].write(usage);
  process.exitCode = isHelp ? 0 : 2;
}
