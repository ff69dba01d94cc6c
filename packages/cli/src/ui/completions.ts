/** What a shell may complete a command line with, by the commands as commander knows them. */
import type { Argument, Command, Option } from 'commander';

export interface Completions {
  readonly candidates: readonly { readonly value: string; readonly description: string }[];
  /** Names of files fit too. */
  readonly files: boolean;
}

/** @param words - after the program's name; the last one is being typed, and may be empty. */
export function completionsOf(program: Command, words: readonly string[]): Completions {
  const typed = words.at(-1) ?? '';
  const { command, given, open } = walk(program, words.slice(0, -1));
  const fitting = (all: Completions['candidates']) => all.filter(({ value }) => value.startsWith(typed));
  const choices = ({ argChoices }: { readonly argChoices?: readonly string[] | undefined }): Completions => ({
    candidates: fitting((argChoices ?? []).map((value) => ({ value, description: '' }))),
    files: argChoices === undefined,
  });
  if (open !== undefined) return choices(open);
  if (typed.startsWith('-')) {
    const options = command.createHelp().visibleOptions(command);
    const named = options.map(({ long, short, description }) => ({ value: long ?? short!, description }));
    return { candidates: fitting(named), files: false };
  }
  const inner = command.createHelp().visibleCommands(command);
  const named = fitting(inner.map((one) => ({ value: one.name(), description: one.description() })));
  const argument = argumentAt(command.registeredArguments, given);
  if (argument === undefined) return { candidates: named, files: false };
  const { candidates, files } = choices(argument);
  return { candidates: [...named, ...candidates], files };
}

/** The innermost command, how many arguments it has, and the option that waits for its value. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  let given = 0;
  let open: Option | undefined;
  for (const word of words) {
    if (open !== undefined) open = undefined;
    else if (word.startsWith('-')) {
      const option = command.options.find(({ long, short }) => word === long || word === short);
      open = option?.required || option?.optional ? option : undefined;
    } else {
      const inner = given === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (inner === undefined) given++;
      else command = inner;
    }
  }
  return { command, given, open };
}

const argumentAt = (list: readonly Argument[], index: number): Argument | undefined =>
  list[index] ?? (list.at(-1)?.variadic ? list.at(-1) : undefined);
