/** A command with commands of its own, one of which it does when none is named. */
import type { Command } from 'commander';

const defaults = new WeakMap<Command, string>();
/** The name of the command that a group does when none is named; undefined for other commands. */
export const defaultOf = (command: Command): string | undefined => defaults.get(command);

interface Group {
  readonly name: string;
  readonly description: string;
  /** The command that it does when none is named. */
  readonly does: string;
  /** The default command takes a word of its own, so a first word may be any. */
  readonly takesWord?: boolean;
}
/**
 * Refuses a first word that is none of its commands. Otherwise the default command would take it as an
 * argument, and refuse it without the names that exist.
 */
export const group = (program: Command, { name, description, does, takesWord = false }: Group): Command => {
  const made = program.command(name).description(description);
  defaults.set(made, does);
  if (takesWord) return made;
  return made.hook('preSubcommand', (it) => {
    const [word] = it.args;
    const names = it.commands.flatMap((one) => [one.name(), ...one.aliases()]);
    if (word === undefined || word.startsWith('-') || names.includes(word)) return;
    const shown = it.commands.map((one) => one.name()).join(', ');
    it.error(`error: unknown command '${word}' of "vigia ${name}". It has: ${shown}.`, {
      code: 'commander.unknownCommand',
    });
  });
};
