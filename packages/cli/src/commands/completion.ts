/** `icconv completion <shell>`: a script that completes commands, options and their values, and `icconv complete`, which it asks. */
import { Argument, Command } from 'commander';
import { completionsOf } from '../ui/completions';

const NAME = 'icconv';

/** A module without a form for `require`, which zipped packages of yarn cannot load by it. */
const tab = () => import('@bomb.sh/tab');

export function completionCommand(): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: string) => (await tab()).script(shell, NAME, NAME));
}

/** Asked by the scripts as `icconv complete -- train det`; lines of value, tab and description, and a number that says whether files fit. */
export function completeCommand(program: Command): Command {
  return new Command('complete').argument('[words...]').action(async (words: readonly string[]) => {
    const { candidates, files } = completionsOf(program, words);
    for (const { value, description } of candidates) console.log(`${value}\t${description}`);
    const { ShellCompDirectiveDefault, ShellCompDirectiveNoFileComp } = (await tab()).ShellCompDirective;
    console.log(`:${files ? ShellCompDirectiveDefault : ShellCompDirectiveNoFileComp}`);
  });
}
