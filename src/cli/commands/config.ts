/** `vigia config`: the values in this shell, and their sources. */
import { type EffectiveValue, inspectStart } from '../../offline/settings.ts';
import type { Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { printable } from '../terminal.ts';

const shown = (value: unknown): string => {
  if (value === null) return '';
  return typeof value === 'string' ? printable(value) : JSON.stringify(value);
};
const rowsOf = (values: readonly EffectiveValue[]): string[] => {
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

export const config: Register = (program, run) => {
  program
    .command('config')
    .description(
      'Shows the configuration of a server that starts in this shell, with the source of each value. ' +
        'Secrets are shown as [set]. A running server keeps the values of its own start.',
    )
    .option('--check', 'Shows only the problems, and exits with 2 if there are any.')
    .action(
      run(async ({ terminal, env }, { check }: { readonly check?: boolean }) => {
        const { problems, warnings, settings, policy } = await inspectStart(env);
        for (const warning of terminal.json ? [] : warnings) terminal.note(`Warning: ${warning}`);
        if (check && problems.length > 0 && !terminal.json)
          throw new Failure('usage', 'config_invalid', problems.join('\n       '));
        terminal.data(
          check
            ? { ok: problems.length === 0, problems, warnings }
            : { ok: problems.length === 0, problems, warnings, settings, policy },
        );
        if (!check)
          for (const row of [...rowsOf(settings), '', ...rowsOf(policy)]) terminal.line(row.trimEnd());
        if (check && problems.length === 0) terminal.line('The configuration is valid.');
        if (!check)
          terminal.note('These values are of this shell. A running server keeps those of its own start.');
        for (const problem of check ? [] : problems) terminal.note(`Problem: ${problem}`);
        return check && problems.length > 0 ? 'usage' : 'ok';
      }),
    );
};
