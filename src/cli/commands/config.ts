/** `vigia config`: what takes effect, and where it comes from. */
import { type EffectiveValue, inspectSettings } from '../../offline/settings.ts';
import type { Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { printable } from '../terminal.ts';

const shown = (value: unknown): string => (value === null ? '' : typeof value === 'string' ? printable(value) : JSON.stringify(value));
const rowsOf = (values: readonly EffectiveValue[]): string[] => {
  const [names, texts] = [values.map(({ name }) => name), values.map(({ value }) => shown(value))];
  const widest = (all: readonly string[]): number => Math.min(40, Math.max(...all.map((text) => text.length)));
  const [left, middle] = [widest(names), widest(texts)];
  return values.map(({ from }, n) => `${(names[n] ?? '').padEnd(left)}  ${(texts[n] ?? '').padEnd(middle)}  ${from}`);
};

export const config: Register = (program, run) => {
  program
    .command('config')
    .description('Shows the configuration as it takes effect, and where each value comes from. Secrets are shown as [set].')
    .option('--check', 'Shows the mistakes only, and ends with 2 if there are any.')
    .action(
      run(async ({ terminal, env }, { check }: { readonly check?: boolean }) => {
        const { problems, settings, policy } = inspectSettings(env);
        if (check && problems.length > 0 && !terminal.json) throw new Failure('usage', 'config_invalid', problems.join('\n       '));
        terminal.data(check ? { ok: problems.length === 0, problems } : { ok: problems.length === 0, problems, settings, policy });
        if (!check) for (const row of [...rowsOf(settings), '', ...rowsOf(policy)]) terminal.line(row.trimEnd());
        if (check && problems.length === 0) terminal.line('The configuration is sound.');
        for (const problem of check ? [] : problems) terminal.note(`wrong: ${problem}`);
        return check && problems.length > 0 ? 'usage' : 'ok';
      }),
    );
};
