/** `icconv reproduce`: published numbers from published checkpoints, one subcommand for each task. */
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { reproduceDetectionCommand } from '../evaluate/detection';
import { reproducePoseCommand } from '../evaluate/pose';

export function reproduceCommand(context: CommandContext): Command {
  return new Command('reproduce')
    .description('run a published protocol and put the measured number beside the published one')
    .addCommand(reproduceDetectionCommand(context))
    .addCommand(reproducePoseCommand(context));
}
