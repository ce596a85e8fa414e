/** `vigia config`: the settings of the running server, or of this shell when there is none. */
import { inspectStart, type ShownValue } from '../../offline/settings.ts';
import type { Context, Register } from '../command.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { online } from '../online.ts';
import { printable } from '../terminal.ts';

const shown = (value: unknown): string => {
  if (value === null) return '';
  return typeof value === 'string' ? printable(value) : JSON.stringify(value);
};
const rowsOf = (values: readonly ShownValue[]): string[] => {
  const names = values.map(({ name }) => name);
  const texts = values.map(({ value }) => shown(value));
  const widest = (all: readonly string[]): number =>
    Math.min(40, Math.max(...all.map((text) => text.length)));
  const left = widest(names);
  const middle = widest(texts);
  return values.map(
    ({ from }, n) => `${(names[n] ?? '').padEnd(left)}  ${(texts[n] ?? '').padEnd(middle)}  ${from}`,
  );
};

interface Difference {
  readonly name: string;
  readonly here: unknown;
  readonly server: unknown;
}
/** The settings of the running server, and how this shell differs. `why`: why it did not show them. */
type Server =
  | { readonly settings: readonly ShownValue[]; readonly differences: readonly Difference[] }
  | { readonly why: string };
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
/** The server that the settings of this shell lead to, which may run with others. */
const serverOf = async (context: Context, here: readonly ShownValue[]): Promise<Server> => {
  let settings: readonly ShownValue[] = [];
  try {
    await online(context, async (client) => {
      const answer = await client.call('server.settings');
      settings = answer.settings.map(({ name, value = null, from }) => ({ name, value, from }));
      return 'ok';
    });
  } catch (error) {
    if (error instanceof Failure) return { why: error.message };
    throw error;
  }
  const differences = settings.flatMap(({ name, value }) => {
    const own = here.find((one) => one.name === name)?.value ?? null;
    return same(own, value) ? [] : [{ name, here: own, server: value }];
  });
  return { settings, differences };
};
const noteDifferences = ({ note }: Context['terminal'], differences: readonly Difference[]): void => {
  const text = (value: unknown) => shown(value) || 'not set';
  for (const { name, here, server } of differences)
    note(`This shell differs: ${name} is ${text(here)} here, and ${text(server)} at the server.`);
  note(
    differences.length === 0
      ? 'A server that starts in this shell would have the same settings.'
      : 'A server that starts in this shell would have its values.',
  );
};

const check = async ({ terminal, env }: Context): Promise<Exit> => {
  const { problems, warnings } = await inspectStart(env);
  for (const warning of terminal.json ? [] : warnings) terminal.note(`Warning: ${warning}`);
  if (problems.length > 0 && !terminal.json)
    throw new Failure('usage', 'config_invalid', problems.join('\n       '));
  terminal.data({ ok: problems.length === 0, problems, warnings });
  if (problems.length > 0) return 'usage';
  terminal.line('The configuration is valid.');
  if (!terminal.json) terminal.note('It is that of this shell. A running server keeps the one of its start.');
  return 'ok';
};
const show = async (context: Context): Promise<Exit> => {
  const { terminal, env } = context;
  const { problems, warnings, settings, policy } = await inspectStart(env);
  const server = await serverOf(context, settings);
  const isRunning = 'settings' in server;
  terminal.data({ ok: problems.length === 0, problems, warnings, settings, policy, server });
  if (terminal.json) return 'ok';
  for (const warning of warnings) terminal.note(`Warning: ${warning}`);
  terminal.note(
    isRunning
      ? 'The settings of the running server. The policy below them is that of this shell.'
      : `Only the settings of this shell, for a server that starts here: ${server.why}`,
  );
  const rows = [...rowsOf(isRunning ? server.settings : settings), '', ...rowsOf(policy)];
  for (const row of rows) terminal.line(row.trimEnd());
  if (isRunning) noteDifferences(terminal, server.differences);
  for (const problem of problems) terminal.note(`Problem in this shell: ${problem}`);
  return 'ok';
};

export const config: Register = (program, run) => {
  program
    .command('config')
    .description(
      'Shows the settings of the running server with their sources, and how this shell differs. Without a ' +
        'server, those of this shell. Secrets are shown as [set].',
    )
    .option('--check', 'Shows only the problems of this shell, and exits with 2 if there are any.')
    .action(
      run(async (context, { check: isCheck }: { readonly check?: boolean }) =>
        isCheck ? check(context) : show(context),
      ),
    );
};
