/** `icconv reproduce`: published numbers from published checkpoints, one subcommand for each task. */
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import { reproduceTaskCommand } from './eval-task';

export function reproduceCommand(context: CommandContext): Command {
  const command = new Command('reproduce').description(
    'run a published protocol and put the measured number beside the published one',
  );
  for (const task of TASKS) command.addCommand(reproduceTaskCommand(task, context));
  return command;
}
