import { Command } from 'commander';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import type { AnyTaskCommand } from '../tasks/task-command';

/** A command with one subcommand for each task. */
export function forEachTask(
  name: string,
  make: (task: AnyTaskCommand, context: CommandContext) => Command,
  context: CommandContext,
): Command {
  const command = new Command(name);
  for (const task of TASKS) command.addCommand(make(task, context));
  return command;
}
