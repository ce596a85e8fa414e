/** `vigia doctor`: checks the directory and the machine, and changes nothing. */
import { type Line, linesOfReport, runDoctor, summaryLine } from '../../offline/doctor.ts';
import type { Register } from '../command.ts';
import { printable, type Terminal } from '../terminal.ts';

const write = ({ colors, paragraph }: Terminal, { level, text }: Line): void => {
  const word = { ok: colors.green('ok  '), warn: colors.yellow('warn'), fail: colors.red('fail') }[level];
  paragraph(printable(text), `${word}  `);
};

export const doctor: Register = (program, run) => {
  program
    .command('doctor')
    .description(
      'Checks the directory of the sessions and this machine. Needs no server, and changes nothing.',
    )
    .argument('[directory]', 'The directory of the sessions (default: AUTH_DIR).')
    .option('--all', 'Shows every finding of every organization in a line of its own.')
    .addHelpText(
      'after',
      '\nExits with 1 after a failure, not after a warning. docs/operators/OPERATING.md has every finding.',
    )
    .action(
      run(async ({ terminal, env }, directory: string | undefined, { all }: { readonly all?: boolean }) => {
        const report = await runDoctor({ env, directory });
        terminal.data(report);
        for (const line of linesOfReport(report, all === true)) write(terminal, line);
        terminal.paragraph(summaryLine(report));
        return report.ok ? 'ok' : 'failure';
      }),
    );
};
