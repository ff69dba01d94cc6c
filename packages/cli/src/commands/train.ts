/** `icconv train`: one subcommand for each task. */
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { trainDetectionCommand } from '../train/train-detection';
import { trainPoseCommand } from '../train/train-pose';

export function trainCommand(context: CommandContext): Command {
  return new Command('train')
    .description('train a network on your data')
    .addCommand(trainDetectionCommand(context))
    .addCommand(trainPoseCommand(context));
}
