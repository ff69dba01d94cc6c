/** `icconv completion <shell>`: a script that completes commands, options and their values, and `icconv complete`, which it asks. */
import { ShellCompDirective, script } from '@bomb.sh/tab';
import { Argument, Command } from 'commander';
import { completionsOf } from '../ui/completions';

const NAME = 'icconv';

export function completionCommand(): Command {
  return new Command('completion')
    .description('print a script that completes commands, options and their values in a shell')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish']))
    .action((shell: string) => script(shell, NAME, NAME));
}

/** Asked by the scripts as `icconv complete -- train det`; lines of value, tab and description, and a number that says whether files fit. */
export function completeCommand(program: Command): Command {
  return new Command('complete')
    .description('what a shell’s script asks')
    .argument('[words...]')
    .action((words: readonly string[]) => {
      const { candidates, files } = completionsOf(program, words);
      for (const { value, description } of candidates) console.log(`${value}\t${description}`);
      const { ShellCompDirectiveDefault, ShellCompDirectiveNoFileComp } = ShellCompDirective;
      console.log(`:${files ? ShellCompDirectiveDefault : ShellCompDirectiveNoFileComp}`);
    });
}
