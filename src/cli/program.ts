/** The commander program: options that every command has, and the commands of the table. `docs/CLI.md` is made from it. */
import { Command, CommanderError } from 'commander';
import { build } from '../app/build.ts';
import type { GlobalOptions, Run } from './command.ts';
import { commands } from './commands.ts';
import { type Exit, exits, Failure } from './exits.ts';
import { openTerminal, type Streams } from './terminal.ts';

export const buildProgram = (streams: Streams, ended: (exit: Exit) => void): Command => {
  const { stdout, stderr, env } = streams;
  const program = new Command('vigia')
    .description('Keeps every organization’s WhatsApp session alive.')
    .version(build, '-V, --version', 'Shows the version.')
    .helpOption('-h, --help', 'Shows help.')
    .helpCommand('help [command]', 'Shows help for a command.')
    .option('--url <address>', 'Where the server is (default: VIGIA_URL, or http://127.0.0.1 with PORT, which is 3000 if not set).')
    .option('--key-file <file>', 'File with the API key (default: VIGIA_API_KEY, API_KEY, or the first key in AUTH_DIR).')
    .option('--json', 'Data as JSON, one object a line.')
    .option('--no-color', 'No colours; NO_COLOR in the environment does the same.')
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    .showHelpAfterError('Run it with --help to see what it takes.')
    .exitOverride();
  const run: Run =
    (action) =>
    async (...given) => {
      const command = given.pop() as Command;
      const options = command.optsWithGlobals<GlobalOptions>();
      const terminal = openTerminal(streams, { json: options.json === true, color: options.color });
      ended((await action({ terminal, options, env }, ...(given as never))) ?? 'ok');
    };
  for (const register of commands) register(program, run);
  return program;
};

/** Runs one command line (without the names of node and of the script) and answers how it ended. Whatever goes wrong is one sentence. */
export const runCommandLine = async (args: readonly string[], streams: Streams): Promise<number> => {
  let exit: Exit = 'ok';
  const program = buildProgram(streams, (how) => {
    exit = how;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exits.ok.code : exits.usage.code; // commander has said it
    const failure = error instanceof Failure ? error : new Failure('failure', 'internal_error', bugSentence(error));
    const { code, message } = failure;
    streams.stderr.write(args.includes('--json') ? `${JSON.stringify({ error: { code, message } })}\n` : `vigia: ${message}\n`);
    return exits[failure.exit].code;
  }
  return exits[exit].code;
};
const bugSentence = (error: unknown) =>
  `this is a bug in Vigía, please report it: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
