/** Which network a command takes: by name, folder or checkpoint, and how its weights are read. */
import { defined } from '@icconv/base';
import { PATTERN_NAMES, type PatternName, type ResNetDepth } from '@icconv/models';
import type { DescribedSource, RunnerOptions, TaskTypes } from '@icconv/task';
import { type ConvPrecision, InvalidArgumentError } from '@icconv/tensor-ops';
import { type Command, Option } from 'commander';
import { countOption, numberOption } from '../config/number-options';
import { downloadProgress } from '../ui/progress';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';
import type { AnyTaskCommand, Flags } from './task-command';

export interface ModelFlags extends WeightFlags {
  readonly model?: string;
  readonly weights?: string;
  readonly backbone?: number;
  readonly pattern?: PatternName;
  readonly normEpsilon?: number;
  readonly device?: 'auto' | 'cuda' | 'cpu' | 'wasm';
  readonly threads?: number;
  readonly precision?: ConvPrecision;
  readonly offline?: boolean;
}

/** @param model - the flag that names it, where it is not the usual one. */
export function withModelFlags(command: Command, own: AnyTaskCommand, model: Option = modelFlag(own)): Command {
  const common = withWeightOptions(command)
    .addOption(model)
    .option('--weights <file>', 'checkpoint, PyTorch or safetensors; by default the folder’s')
    .addOption(
      new Option('--backbone <depth>', 'depth of the ResNet, for a checkpoint without a folder')
        .argParser(countOption)
        .conflicts('model'),
    )
    .addOption(
      new Option('--pattern <name>', 'published dilations of the backbone')
        .choices([...PATTERN_NAMES])
        .conflicts('model'),
    )
    .addOption(
      new Option(
        '--norm-epsilon <value>',
        'epsilon of the backbone’s batch norms, where it is not 1e-5: 0 for what was trained on from torchvision’s COCO_V1; known of published files',
      )
        .argParser(numberOption)
        .conflicts('model'),
    );
  return own
    .withCheckpointFlags(common)
    .option('--offline', 'never touch the network')
    .addOption(new Option('--device <device>').choices(['auto', 'cuda', 'cpu', 'wasm']).default('auto'))
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .addOption(precisionOption());
}

/** Of a network at inference. */
export const precisionOption = () =>
  new Option('--precision <numbers>', 'of the products of convolutions on the CPU; bfloat16 wants AVX512-BF16')
    .choices(['float32', 'bfloat16'] satisfies ConvPrecision[])
    .default('float32' satisfies ConvPrecision);

const modelFlag = ({ task, defaultModel }: AnyTaskCommand) =>
  new Option(
    '--model <name>',
    `a ${task.noun}: a folder as icconv train ${task.name} writes it, or a name that icconv models list shows (default: ${defaultModel}, or what --weights and --backbone say)`,
  );

/** @throws InvalidArgumentError for weights whose network nobody says. */
export function modelOf(
  { verb, defaultModel, checkpointOf }: AnyTaskCommand,
  flags: ModelFlags & Flags,
): DescribedSource<TaskTypes> {
  const { model, weights, backbone, pattern, normEpsilon } = flags;
  if (model !== undefined) return { model, ...defined({ weights }) };
  if (weights === undefined && backbone === undefined) return { model: defaultModel };
  if (weights === undefined) throw new InvalidArgumentError(verb, '--weights', weights, 'given with --backbone');
  // A file of the zoo is known by its name, one of a model's folder by the description beside it.
  if (backbone === undefined) return { model: weights };
  return {
    ...checkpointOf(flags),
    backbone: backbone as ResNetDepth,
    weights,
    ...defined({ pattern, batchNormEpsilon: normEpsilon }),
  };
}

/** How it is loaded, with a bar for what has to be fetched; to be called with the runner's making. */
export async function loading<R>(
  flags: ModelFlags,
  signal: AbortSignal,
  load: (options: RunnerOptions) => Promise<R>,
): Promise<R> {
  const { device = 'auto', threads, precision, offline } = flags;
  const progress = downloadProgress(flags.model ?? 'weights');
  const options = { ...readingOf(flags), ...defined({ threads, precision, offline }), device, signal };
  return load({ ...options, onProgress: progress.report }).finally(progress.stop);
}
