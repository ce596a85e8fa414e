/** `vigia config`: the values in this shell, and their sources. */
import { inspectStart, type ShownValue } from '../../offline/settings.ts';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
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
/** `why`: why they could not be compared. */
type Comparison = { readonly differences: readonly Difference[] } | { readonly why: string };
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
/** With the server that the settings of this shell lead to, which may run with others. */
const compared = async (context: Context, here: readonly ShownValue[]): Promise<Comparison> => {
  let differences: readonly Difference[] = [];
  try {
    await online(context, async (client) => {
      const { settings } = await client.call('server.settings');
      differences = settings.flatMap(({ name, value }) => {
        const own = here.find((one) => one.name === name)?.value;
        return same(own, value) ? [] : [{ name, here: own, server: value }];
      });
      return 'ok';
    });
    return { differences };
  } catch (error) {
    if (error instanceof Failure) return { why: error.message };
    throw error;
  }
};
const noteComparison = ({ note }: Context['terminal'], comparison: Comparison): void => {
  note('These values are of this shell. A running server keeps those of its own start.');
  if ('why' in comparison) return note(`They were not compared with a running server: ${comparison.why}`);
  if (comparison.differences.length === 0) note('The running server has the same settings.');
  const text = (value: unknown) => shown(value) || 'not set';
  for (const { name, here, server } of comparison.differences)
    note(`The running server differs: ${name} is ${text(server)} there, and ${text(here)} here.`);
};

export const config: Register = (program, run) => {
  program
    .command('config')
    .description(
      'Shows the configuration of a server that starts in this shell, with the source of each value. ' +
        'Secrets are shown as [set]. Names the values with which a running server differs.',
    )
    .option('--check', 'Shows only the problems, and exits with 2 if there are any.')
    .action(
      run(async (context, { check }: { readonly check?: boolean }) => {
        const { terminal, env } = context;
        const { problems, warnings, settings, policy } = await inspectStart(env);
        for (const warning of terminal.json ? [] : warnings) terminal.note(`Warning: ${warning}`);
        if (check && problems.length > 0 && !terminal.json)
          throw new Failure('usage', 'config_invalid', problems.join('\n       '));
        const server = check ? undefined : await compared(context, settings);
        terminal.data(
          check
            ? { ok: problems.length === 0, problems, warnings }
            : { ok: problems.length === 0, problems, warnings, settings, policy, server },
        );
        if (!check)
          for (const row of [...rowsOf(settings), '', ...rowsOf(policy)]) terminal.line(row.trimEnd());
        if (check && problems.length === 0) terminal.line('The configuration is valid.');
        if (server) noteComparison(terminal, server);
        for (const problem of check ? [] : problems) terminal.note(`Problem: ${problem}`);
        return check && problems.length > 0 ? 'usage' : 'ok';
      }),
    );
};
