/** The commander program: options that every command has, and the commands of the table. `docs/operators/CLI.md` is made from it. */
import { Command, CommanderError } from 'commander';
import { build } from '../base/build.ts';
import type { GlobalOptions, Run } from './command.ts';
import { commands } from './commands.ts';
import { type Exit, exits, Failure } from './exit-codes.ts';
import { openTerminal, type Streams } from './terminal.ts';

/** Commander's sentences begin with the word that `vigia:` stands for. */
const plain = (text: string): string => text.replace(/^error: /u, '');
/** `json`: what is wrong with the command line is not written here, but told as one object by who runs it. */
export const buildProgram = (streams: Streams, ended: (exit: Exit) => void, json = false): Command => {
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
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void (json || stderr.write(text)),
      outputError: (text, write) => write(`vigia: ${plain(text)}`),
    })
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
  const json = args.includes('--json');
  const printError = (code: string, message: string): void =>
    void streams.stderr.write(json ? `${JSON.stringify({ error: { code, message } })}\n` : `vigia: ${message}\n`);
  const ended = (how: Exit): void => {
    exit = how;
  };
  const program = buildProgram(streams, ended, json);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exits.ok.code;
      if (json) printError('usage', usageMessage(error)); // to people commander has said it
      return exits.usage.code;
    }
    const failure = error instanceof Failure ? error : new Failure('failure', 'internal_error', bugMessage(error));
    printError(failure.code, failure.message);
    return exits[failure.exit].code;
  }
  return exits[exit].code;
};
/** Without a command commander shows the help, which is no sentence. */
const usageMessage = ({ code, message }: CommanderError): string =>
  code === 'commander.help' ? 'name a command; --help shows them all.' : plain(message).replaceAll(/\s+/gu, ' ');
const bugMessage = (error: unknown) =>
  `this is a bug in Vigía, please report it: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
