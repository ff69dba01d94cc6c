/** The commands of `icconv`; each has a file in commands/. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { cocoCommand } from './commands/coco';
import { convertCommand } from './commands/convert';
import { doctorCommand } from './commands/doctor';
import { evalCommand } from './commands/eval-coco';
import { exportCommand } from './commands/export';
import { inspectCommand } from './commands/inspect';
import { modelsCommand } from './commands/models';
import { reproduceCommand } from './commands/reproduce';
import { runTaskCommand } from './commands/run-task';
import { schemaCommand } from './commands/schema';
import { searchCommand } from './commands/search';
import { setupCommand } from './commands/setup';
import { trainCommand } from './commands/train';
import type { CommandContext } from './context';
import { TASKS } from './tasks';

export function createProgram(context: CommandContext): Command {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const program = new Command('icconv')
    .description('Inception convolution on TensorFlow: set-up, detection, pose, dilation search, training, evaluation')
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
  return program
    .addCommand(trainCommand(context))
    .addCommand(searchCommand(context))
    .addCommand(schemaCommand(context))
    .addCommand(reproduceCommand(context));
}
