/** The commands of `icconv`; each has a file in commands/. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { cocoCommand } from './commands/coco';
import { completeCommand, completionCommand } from './commands/completion';
import { convertCommand } from './commands/convert';
import { doctorCommand } from './commands/doctor';
import { evalCommand } from './commands/eval-coco';
import { reproduceTaskCommand } from './commands/eval-task';
import { exportCommand } from './commands/export';
import { initCommand } from './commands/init';
import { inspectCommand } from './commands/inspect';
import { launchCommand } from './commands/launch';
import { modelsCommand } from './commands/models';
import { runTaskCommand } from './commands/run-task';
import { schemaCommand } from './commands/schema';
import { searchCommand } from './commands/search';
import { serveCommand } from './commands/serve';
import { setupCommand } from './commands/setup';
import { trainTaskCommand } from './commands/train-task';
import type { CommandContext } from './context';
import { TASKS } from './tasks';
import type { AnyTaskCommand } from './tasks/task-command';
import { withExamples } from './ui/examples';

export function createProgram(context: CommandContext): Command {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const program = new Command('icconv')
    .description(
      'Inception convolution on TensorFlow: set-up, detection, pose, classification, dilation search, training, evaluation',
    )
    .version(manifest.version)
    .showHelpAfterError('(add --help for the usage)')
    .addCommand(setupCommand(context))
    .addCommand(doctorCommand(context))
    .addCommand(cocoCommand(context))
    .addCommand(convertCommand(context))
    .addCommand(inspectCommand(context))
    .addCommand(modelsCommand(context))
    .addCommand(exportCommand(context))
    .addCommand(evalCommand(context));
  for (const task of TASKS) program.addCommand(runTaskCommand(task, context));
  program
    .addCommand(initCommand(context))
    .addCommand(forEachTask('train', 'train a network on your data', trainTaskCommand, context))
    .addCommand(launchCommand(context))
    .addCommand(serveCommand(context))
    .addCommand(searchCommand(context))
    .addCommand(schemaCommand(context))
    .addCommand(forEachTask('reproduce', REPRODUCE, reproduceTaskCommand, context))
    .addCommand(completionCommand())
    .addCommand(completeCommand(program), { hidden: true });
  return withExamples(program);
}

const REPRODUCE = 'run a published protocol and put the measured number beside the published one';

/** A command with one subcommand for each task. */
function forEachTask(
  name: string,
  description: string,
  make: (task: AnyTaskCommand, context: CommandContext) => Command,
  context: CommandContext,
): Command {
  const command = new Command(name).description(description);
  for (const task of TASKS) command.addCommand(make(task, context));
  return command;
}
