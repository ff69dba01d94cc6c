/** `icconv train`: one subcommand for each task. */
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import { trainTaskCommand } from './train-task';

export function trainCommand(context: CommandContext): Command {
  const command = new Command('train').description('train a network on your data');
  for (const task of TASKS) command.addCommand(trainTaskCommand(task, context));
  return command;
}
