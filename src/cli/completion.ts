/** Completion for shells, generated from the commands themselves. */
import type { Command, Option } from 'commander';
import { defaultOf } from './group.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** One command, named by its path: `vigia keys create`. */
interface Completed {
  readonly path: string;
  readonly command: Command;
  /** Its own, those of the command that it does by default, and those of every command. */
  readonly options: readonly Option[];
}
const visible = ({ options }: Command): readonly Option[] => options.filter(({ hidden }) => !hidden);
const completed = (command: Command, inherited: readonly Option[] = [], above = ''): readonly Completed[] => {
  const path = `${above}${above && ' '}${command.name()}`;
  const ofDefault = command.commands.filter((one) => one.name() === defaultOf(command));
  const common = command.parent === null ? visible(command) : inherited;
  const own = command.parent === null ? [] : visible(command);
  const options = [...own, ...ofDefault.flatMap(visible), ...common];
  return [{ path, command, options }, ...command.commands.flatMap((one) => completed(one, common, path))];
};

const takesValue = ({ required, optional }: Option): boolean => required || optional;
const takesFile = ({ flags }: Option): boolean => flags.includes('<file>');
const isFileArgument = ({ registeredArguments: [first] }: Command): boolean =>
  first?.name() === 'file' || first?.name() === 'directory';
const longOf = ({ long, short }: Option): string => long ?? short ?? '';
const wordsOf = ({ command, options }: Completed): string => {
  const [first] = command.registeredArguments;
  const names = command.commands.map((one) => one.name());
  return [...names, ...(first?.argChoices ?? []), ...options.map(longOf), '--help'].join(' ');
};

/** The `case` branches that bash and zsh share. */
const branches = (all: readonly Completed[]) => {
  const deeper = all.slice(1).map(({ path }) => `'${path}'`);
  const words = all.map((one) => `    '${one.path}') words='${wordsOf(one)}' ;;`);
  const values = all.flatMap(({ path, options }) =>
    options.filter(takesValue).map((option) => {
      const what = takesFile(option) ? 'files=1' : `words='${(option.argChoices ?? []).join(' ')}'`;
      return `    '${path} ${longOf(option)}') ${what}; value=1 ;;`;
    }),
  );
  const variadic = all.flatMap(({ path, options }) =>
    options.filter((one) => one.variadic).map((option) => `'${path} ${longOf(option)}'`),
  );
  const files = all.filter(({ command }) => isFileArgument(command)).map(({ path }) => `'${path}'`);
  return { deeper: deeper.join('|'), words, values, variadic: variadic.join('|'), files: files.join('|') };
};
/** After it: `words` and `files` are what fits at the cursor. `at` is its place among `all`. */
const decide = (all: readonly Completed[]): string => {
  const { deeper, words, values, variadic, files } = branches(all);
  return `  for word in "\${before[@]}"; do
    case "$at $word" in ${deeper}) at="$at $word" ;; esac
    case "$word" in -*) option=$word ;; esac
    last=$word
  done
  case "$at $option" in
    ${variadic}) last=$option ;;
  esac
  case "$at $last" in
${values.join('\n')}
  esac
  if [ -z "$value" ]; then case "$at" in
${words.join('\n')}
  esac; fi
  if [ -z "$value" ]; then case "$at" in ${files}) files=1 ;; esac; fi
`;
};

const bash = (
  all: readonly Completed[],
): string => `# Completion of vigia for bash: source <(vigia completion bash)
_vigia() {
  local at=vigia word option= last= value= words= files= head= cur=\${COMP_WORDS[COMP_CWORD]}
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  # bash breaks words at = and at :
  local n=\${#before[@]}
  if [ "$cur" = = ]; then cur=
  elif [ "$n" -gt 0 ] && [ "\${before[n-1]}" = = ]; then before=("\${before[@]:0:n-1}")
  elif [ "$cur" = : ] && [ "$n" -gt 0 ]; then head=\${before[n-1]}: cur=$head before=("\${before[@]:0:n-1}")
  elif [ "$n" -gt 1 ] && [ "\${before[n-1]}" = : ]; then
    head=\${before[n-2]}: cur=$head$cur before=("\${before[@]:0:n-2}")
  fi
${decide(all)}  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ -n "$head" ]; then COMPREPLY=("\${COMPREPLY[@]#"$head"}"); fi
  if [ -n "$files" ]; then
    IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$cur"))
  fi
}
complete -F _vigia vigia
`;
const zsh = (all: readonly Completed[]): string => `#compdef vigia
# Completion of vigia for zsh: source <(vigia completion zsh), after compinit. Or a file _vigia in $fpath.
_vigia() {
  local at=vigia word option= last= value= files=
  local -a before=("\${(@)words[2,CURRENT-1]}")
  local given="\${words[CURRENT]}" words=
${decide(all)}  compadd -- \${=words}
  if [ -n "$files" ]; then _files; fi
}
if [ "\${funcstack[1]}" = _vigia ]; then _vigia "$@"; else compdef _vigia vigia; fi
`;

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const fishCondition = ({ command, path }: Completed): string => {
  if (command.parent === null) return '__fish_use_subcommand';
  const names = path.split(' ').slice(1);
  const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`);
  const below = command.commands.map((one) => one.name());
  return [...seen, ...(below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : [])].join(
    '; and ',
  );
};
const fishOption = (option: Option): string => {
  const { long, description, argChoices } = option;
  const choices = argChoices ? ` -a ${quoted(argChoices.join(' '))}` : '';
  const files = takesFile(option) ? ' -F' : ' -f';
  const value = takesValue(option) ? ` -r${files}${choices}` : '';
  return `-l ${(long ?? '').slice(2)} -d ${quoted(description)}${value}`;
};
const fish = (all: readonly Completed[]): string => {
  const common = all[0]?.options ?? [];
  const lines = all.flatMap((one) => {
    const { command, options: its } = one;
    const condition = quoted(fishCondition(one));
    const below = command.commands.map(
      (child) => `complete -c vigia -n ${condition} -a ${child.name()} -d ${quoted(child.description())}`,
    );
    const own = command.parent === null ? [] : its.filter((option) => !common.includes(option));
    const options = own.map((option) => `complete -c vigia -n ${condition} ${fishOption(option)}`);
    const choices = command.registeredArguments[0]?.argChoices;
    const values = choices ? [`complete -c vigia -n ${condition} -a ${quoted(choices.join(' '))}`] : [];
    const files = isFileArgument(command) ? [`complete -c vigia -n ${condition} -F`] : [];
    return [...below, ...options, ...values, ...files];
  });
  return [
    '# Completion of vigia for fish: vigia completion fish | source',
    'complete -c vigia -f',
    ...common.map((option) => `complete -c vigia ${fishOption(option)}`),
    ...lines,
    '',
  ].join('\n');
};

const writers: Readonly<Record<Shell, (all: readonly Completed[]) => string>> = { bash, zsh, fish };
export const completionFor = (shell: Shell, program: Command): string => writers[shell](completed(program));
