/** The parts of a command. Each command has a file in `commands/`; `commands.ts` lists them. */
import type { Command } from 'commander';
import type { Exit } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly url?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
  readonly color: boolean;
}
export interface Context {
  readonly terminal: Terminal;
  readonly options: GlobalOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
}
/**
 * Makes a handler for commander's `action`. The handler gets the arguments, then the command's own options.
 * It returns the exit; undefined means `ok`. It throws an expected failure as `Failure`.
 */
export type Run = <Given extends unknown[]>(
  action: (context: Context, ...given: Given) => Promise<Exit | undefined>,
) => (...given: unknown[]) => Promise<void>;
/** Adds one command (with its subcommands) to the program. */
export type Register = (program: Command, run: Run) => void;
