/** `icconv coco`: looks after COCO files. */
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { checkCommand } from './coco-check';
import { convertCommand } from './coco-convert';

export function cocoCommand(context: CommandContext): Command {
  return new Command('coco').addCommand(checkCommand(context)).addCommand(convertCommand(context));
}
