/** Options that the commands which run a network over pictures have in common. */
import { PATTERN_NAMES } from '@icconv/models';
import { type Command, Option } from 'commander';
import { withWeightOptions } from '../weights/weight-options';
import { countOption } from './number-options';

/** @param checkpoint - which one needs `--backbone`: `a checkpoint`. */
export function withCheckpointOptions(command: Command, checkpoint: string): Command {
  return withWeightOptions(command)
    .option('--weights <file>', 'checkpoint, PyTorch or safetensors; by default the folder’s')
    .addOption(
      new Option('--backbone <depth>', `depth of the ResNet, for ${checkpoint} without a folder`)
        .argParser(countOption)
        .conflicts('model'),
    )
    .addOption(
      new Option('--pattern <name>', 'published dilations of the backbone')
        .choices([...PATTERN_NAMES])
        .conflicts('model'),
    );
}

/** @param drawn - what the overlays show: `boxes`. */
export function withPictureOptions(command: Command, drawn: string): Command {
  return command
    .option('--out <folder>', `write the pictures with ${drawn} drawn in`)
    .option('--json', 'print everything as JSON')
    .addOption(new Option('--device <device>').choices(['auto', 'cuda', 'cpu', 'wasm']).default('auto'))
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption);
}
