/** `icconv export onnx WEIGHTS OUTPUT`: networks for other runtimes. */
import { existsSync, statSync } from 'node:fs';
import { defined } from '@icconv/base';
import { ConfigError, readConfig } from '@icconv/base/config';
import { readText, writeAtomically } from '@icconv/base/files';
import { parsePattern } from '@icconv/inception-conv';
import {
  inceptionCounts,
  PATTERN_NAMES,
  type PatternName,
  type ResNetConfig,
  type ResNetOutput,
  renameFrom,
  resnetNames,
  resnetShapes,
  type WeightStyle,
} from '@icconv/models';
import { exportOnnx } from '@icconv/models/onnx';
import { backboneSchema } from '@icconv/models/schema';
import {
  BACKBONES,
  checkpointEpsilon,
  type LoadNetworkOptions,
  loadBackbone,
  loadNetwork,
  loadNetworkBackbone,
  type NetworkBackbone,
  taskOfFolder,
} from '@icconv/task';
import { useEngine } from '@icconv/tensor-ops/engine';
import { loadStateDict } from '@icconv/tensor-ops/weights';
import { dispose } from '@tensorflow/tfjs-core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import type { AnyTaskCommand } from '../tasks/task-command';
import { downloadProgress } from '../ui/progress';
import { formatBytes } from '../weights/format';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface ExportFlags extends WeightFlags {
  readonly config?: string;
  readonly depth?: ResNetConfig['depth'];
  readonly pattern?: string;
  readonly classes?: number;
  readonly prefix?: string;
  readonly style: WeightStyle;
  readonly outputs?: readonly ResNetOutput[];
  readonly batchNorm: 'fold' | 'keep';
  readonly offline?: boolean;
  readonly json?: boolean;
}

const OUTPUTS: readonly ResNetOutput[] = ['c2', 'c3', 'c4', 'c5', 'logits'];
const STYLES: readonly WeightStyle[] = ['torchvision', 'torchvision-v1', 'mmdetection', 'detectron2'];

export function exportCommand(context: CommandContext): Command {
  return new Command('export').addCommand(onnxCommand(context));
}

function onnxCommand({ signal }: CommandContext): Command {
  const command = new Command('onnx')
    .description(
      'a detector, or a ResNet backbone of any network, plain or inception, as an ONNX model of ordinary operators (operator set 17)',
    )
    .argument('<weights>', 'weight file, a trained model’s folder, or a name that `icconv models list` shows')
    .argument('<output>', 'the .onnx file to write')
    .option('--config <file>', 'the backbone as YAML or JSON, by the names of `ResNetConfig`')
    .addOption(
      new Option('--depth <n>', 'standard depth, instead of --config').argParser(
        (text) => oneOf(Number(text), [18, 34, 50, 101, 152]) as ResNetConfig['depth'],
      ),
    )
    .option('--pattern <name>', 'dilations of the 3x3 convolutions: a published pattern, or the file of one')
    .option('--classes <n>', 'outputs of the classifier, where the logits are wanted', countOption)
    .option('--prefix <text>', 'what stands before the names of the backbone: backbone.')
    .addOption(new Option('--style <library>', 'whose names the file has').choices(STYLES).default('torchvision'))
    .option(
      '--outputs <list>',
      `the backbone alone, with some of ${OUTPUTS.join(',')} (default: a detector whole, of others the features)`,
      (text) => text.split(',').map((name) => oneOf(name as ResNetOutput, OUTPUTS)),
    )
    .addOption(
      new Option('--batch-norm <how>', 'of a backbone: inside the filters, or as operators of their own')
        .choices(['fold', 'keep'])
        .default('fold'),
    )
    .option('--offline', 'never touch the network')
    .option('--json', 'print the result as JSON');
  return withWeightOptions(command).action(async (source: string, output: string, flags: ExportFlags) => {
    const own = await taskOf(source);
    if (own !== undefined || isBackbone(source)) refuseDescription(source, command);
    await useEngine();
    const { bytes, ...network } = await exported(source, own, flags, signal);
    await writeAtomically(output, bytes);
    if (flags.json) console.log(JSON.stringify({ path: output, bytes: bytes.length, ...network }));
    else console.log(`${output}: ${formatBytes(bytes.length)}`);
  });
}

interface Exported {
  readonly bytes: Uint8Array;
  readonly config: unknown;
  /** Of a whole network. */
  readonly classes?: unknown;
}

/** The file of a whole network where its task has one and no outputs of the backbone are asked for, else that of the backbone. */
async function exported(
  source: string,
  own: AnyTaskCommand | undefined,
  flags: ExportFlags,
  signal: AbortSignal,
): Promise<Exported> {
  const { outputs, batchNorm } = flags;
  if (own?.exportOnnx !== undefined && outputs === undefined) {
    if (batchNorm === 'keep') {
      throw new ConfigError(
        '--batch-norm keep: batch norms of whole networks are folded; --outputs exports a backbone',
      );
    }
    const { model, weights } = await fetching(source, flags, signal, (options) =>
      loadNetwork(own.task, source, options),
    );
    try {
      const bytes = await own.exportOnnx(weights, model);
      return { bytes, ...(own.task.model.toJson(model) as { config: unknown }) };
    } finally {
      dispose(weights);
    }
  }
  const { weights, config } = await loadAnyBackbone(source, own, flags, signal);
  try {
    const bytes = await exportOnnx(weights, config, { batchNorm, ...defined({ returns: outputs }) });
    return { bytes, config };
  } finally {
    dispose(weights);
  }
}

/** Of a trained model's folder, or a name of a zoo. */
async function taskOf(source: string): Promise<AnyTaskCommand | undefined> {
  if (existsSync(source) && statSync(source).isDirectory()) return taskOfFolder(source, TASKS);
  return TASKS.find(({ task }) => task.zoo.some(({ name }) => name === source));
}

const isBackbone = (source: string) => BACKBONES.some(({ name }) => name === source);

/** What says which network a weight file is of; a folder's description and a row of a zoo say it themselves. */
const DESCRIBING = ['config', 'depth', 'pattern', 'classes', 'prefix', 'style'] satisfies (keyof ExportFlags)[];

function refuseDescription(source: string, command: Command): void {
  const given = DESCRIBING.filter((name) => command.getOptionValueSource(name) === 'cli').map((name) => `--${name}`);
  if (given.length === 0) return;
  const kind = existsSync(source) ? 'folder' : 'name';
  throw new ConfigError(
    `export onnx ${source}: ${given.join(', ')}: only for a weight file; this ${kind} says itself what the network is`,
  );
}

async function loadAnyBackbone(
  source: string,
  own: AnyTaskCommand | undefined,
  flags: ExportFlags,
  signal: AbortSignal,
): Promise<NetworkBackbone> {
  if (isBackbone(source)) {
    return fetching(source, flags, signal, (options) => loadBackbone(source, options));
  }
  if (own !== undefined) {
    return fetching(source, flags, signal, (options) => loadNetworkBackbone(own.task, source, options));
  }
  const described = await backbone(flags);
  const epsilon = described.batchNormEpsilon ?? (await checkpointEpsilon(source));
  const config = { ...described, ...defined({ batchNormEpsilon: epsilon }) };
  const weights = await loadStateDict(source, {
    ...readingOf(flags),
    ...defined({ prefix: flags.prefix }),
    rename: renameFrom(resnetNames(config, flags.style)),
    expected: resnetShapes(config),
    inceptionCounts: inceptionCounts(config),
    signal,
  });
  return { weights, config };
}

/** With a bar for what has to be fetched. */
function fetching<R>(
  name: string,
  flags: ExportFlags,
  signal: AbortSignal,
  load: (options: LoadNetworkOptions) => Promise<R>,
): Promise<R> {
  const { offline } = flags;
  const progress = downloadProgress(name);
  return load({ ...readingOf(flags), ...defined({ offline }), signal, onProgress: progress.report }).finally(
    progress.stop,
  );
}

const schema = backboneSchema.extend({ classes: z.int().min(1).exactOptional() });

async function backbone({ config: file, depth, pattern, classes }: ExportFlags): Promise<ResNetConfig> {
  if ((file === undefined) === (depth === undefined)) {
    throw new ConfigError('export onnx: expected the network, by either --depth or --config');
  }
  const base = file === undefined ? { depth: depth! } : await readConfig(file, schema);
  const config = classes === undefined ? base : { ...base, classes };
  if (pattern === undefined) return config;
  return { ...config, conv: { kind: 'inception', pattern: await patternOf(pattern) } };
}

async function patternOf(name: string) {
  if ((PATTERN_NAMES as readonly string[]).includes(name)) return name as PatternName;
  const text = await readText(name).catch((error: Error) => {
    const known = PATTERN_NAMES.join(', ');
    throw new ConfigError(`--pattern ${name}: neither a published pattern (${known}) nor a file: ${error.message}`);
  });
  return parsePattern(text, { file: name });
}

function oneOf<T>(value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw new InvalidArgumentError(`expected one of ${allowed.join(', ')}`);
  return value;
}
