/** `vigia completion`: the names of commands and options, for a shell. */
import { Argument } from 'commander';
import type { Register } from '../command.ts';
import { completionFor, type Shell, shells } from '../completion.ts';

export const completion: Register = (program, run) => {
  program
    .command('completion')
    .description('Prints a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'The shell.').choices(shells))
    .addHelpText(
      'after',
      '\nbash: source <(vigia completion bash)\nzsh:  source <(vigia completion zsh)\n' +
        'fish: vigia completion fish | source',
    )
    .action(
      run(async ({ terminal }, shell: Shell) => {
        const script = completionFor(shell, program);
        terminal.data({ shell, script });
        terminal.line(script.trimEnd());
        return 'ok';
      }),
    );
};
