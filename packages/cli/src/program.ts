/** The program `icconv` as commander knows it. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { COMMANDS } from './commands';
import type { CommandContext } from './context';
import { withExamples } from './ui/examples';

/**
 * Makes the program.
 *
 * @param words - what it will be called with: of the other commands than those named there, only name and description are known, and nothing
 *   that they need is loaded. @defaultValue all commands whole
 */
export async function createProgram(context: CommandContext, words?: readonly string[]): Promise<Command> {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const program = new Command('icconv')
    .description(
      'Inception convolution on TensorFlow: set-up, detection, pose, classification, dilation search, training, evaluation',
    )
    .version(manifest.version)
    .showHelpAfterError('(add --help for the usage)');
  for (const [name, { description, hidden = false, load }] of Object.entries(COMMANDS)) {
    const whole = words === undefined || words.includes(name);
    const command = whole ? (await load())(context, program) : new Command(name);
    program.addCommand(command.description(description), { hidden });
  }
  return withExamples(program);
}
