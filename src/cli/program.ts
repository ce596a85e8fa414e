/**
 * The commander program: the common options, and the commands of the table. `docs/operators/CLI.md` is
 * generated from it.
 */
import { Command, CommanderError } from 'commander';
import { build } from '../base/build.ts';
import type { GlobalOptions, Run } from './command.ts';
import { commands } from './commands.ts';
import { type Exit, exits, Failure } from './exit-codes.ts';
import { meantBy, meantByArgument } from './slips.ts';
import { onStderr, openTerminal, type Streams } from './terminal.ts';

/** Commander begins its messages with `error: `; here they begin with `vigia: `. */
const plain = (text: string): string => {
  const message = text.replace(/^error: /u, '');
  const [, word = ''] = /^unknown command '([^']+)'(?=\s|$)/u.exec(message) ?? [];
  const meant = meantBy(word);
  const [, name = ''] = /^too many arguments for '([^']+)'/u.exec(message) ?? [];
  const other = meantByArgument(name);
  if (other !== undefined) return `${other}\n`;
  return meant === undefined ? message : `unknown command '${word}'. ${meant}\n`;
};
/** `json`: writes no message about the command line; the caller writes it as one object. */
export const buildProgram = (streams: Streams, ended: (exit: Exit) => void, json = false): Command => {
  const { stdout, stderr, env } = streams;
  const program = new Command('vigia')
    .description('Keeps every organization’s WhatsApp session alive.')
    .version(build, '-V, --version', 'Shows the version.')
    .helpOption('-h, --help', 'Shows help.')
    .helpCommand('help [command]', 'Shows help for a command.')
    .option(
      '--url <address>',
      'The address of the server (default: VIGIA_URL, or this machine with HOST, PORT and TLS_CERT_FILE).',
    )
    .option(
      '--key-file <file>',
      'A file with the API key (default: VIGIA_API_KEY, API_KEY, API_KEY_FILE, or AUTH_DIR’s first key).',
    )
    .option('--json', 'Writes JSON, one object per line.')
    .option('--no-color', 'Writes no colours. NO_COLOR in the environment does the same.')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void (json || stderr.write(text)),
      outputError: (text, write) => write(onStderr(streams, `vigia: ${plain(text)}`)),
    })
    .showHelpAfterError('Run it with --help for its arguments and options.')
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

/**
 * Runs one command line, without the names of node and of the script. Returns the exit code. Every failure is
 * one message.
 */
export const runCommandLine = async (args: readonly string[], streams: Streams): Promise<number> => {
  let exit: Exit = 'ok';
  const json = args.includes('--json');
  const report = (code: string, message: string): void =>
    void streams.stderr.write(
      json
        ? `${JSON.stringify({ error: { code, message } })}\n`
        : `${onStderr(streams, `vigia: ${message}`)}\n`,
    );
  const ended = (how: Exit): void => {
    exit = how;
  };
  const program = buildProgram(streams, ended, json);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exits.ok.code;
      if (json) report('usage', usageMessage(error)); // otherwise commander has written it
      return exits.usage.code;
    }
    const failure =
      error instanceof Failure ? error : new Failure('failure', 'internal_error', bugMessage(error));
    report(failure.code, failure.message);
    return exits[failure.exit].code;
  }
  return exits[exit].code;
};
/** Without a command, commander's message is the whole help. */
const usageMessage = ({ code, message }: CommanderError): string =>
  code === 'commander.help'
    ? 'name a command. --help lists them.'
    : plain(message).replaceAll(/\s+/gu, ' ').trim();
const bugMessage = (error: unknown): string => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `this is a bug in Vigía. Please report it: ${text}`;
};
