/** `icconv train detection`. */
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDataset } from '@icconv/coco/node';
import { initFasterRcnn } from '@icconv/detection';
import {
  classNames,
  type DetectionData,
  type DetectionRecipe,
  loadDetectorBackbone,
  loadDetectorWeights,
  trainDetector,
  writeDetectorModel,
} from '@icconv/detection/node';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import type { StateDict } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import { Command } from 'commander';
import { readConfig } from '../config/read-config';
import { besideConfig } from '../config/recipe';
import { writeTrainingCurves } from '../pictures/training-curves';
import type { CommandContext } from '../program';
import { DETECTION_PRESETS, type DetectionConfig, detectionConfigSchema, networkOf } from './detection-config';

interface TrainCliOptions {
  readonly config: string;
  readonly set?: readonly string[];
  readonly output?: string;
  readonly resume?: boolean;
  readonly threads?: number;
  readonly workers?: number;
  readonly json?: boolean;
}

export function trainDetectionCommand({ signal }: CommandContext): Command {
  return new Command('detection')
    .description('train Faster R-CNN on data in COCO format')
    .requiredOption('--config <file>', `YAML or JSON; presets: ${Object.keys(DETECTION_PRESETS).join(', ')}`)
    .option('--set <place=value>', 'override a value of the file, such as recipe.epochs=3; may be repeated', collect)
    .option('--output <folder>', 'folder of the run, instead of the file’s')
    .option('--resume', 'go on with the run in the folder')
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', Number)
    .option('--workers <n>', 'threads that decode pictures', Number)
    .option('--json', 'print the result as JSON')
    .action(async (options: TrainCliOptions) => {
      const config = await readConfig(options.config, detectionConfigSchema, options.set);
      const folder = options.output ?? besideConfig(options.config, config.output);
      const { threads, workers } = options;
      const engine = await useEngine({ device: 'auto', ...(threads !== undefined && { threads }) });
      if (engine.backend !== 'tensorflow') {
        throw new InvalidArgumentError('train', 'engine', engine.device, 'the native one, which icconv setup provides');
      }
      const train = await openData(options.config, config.data.train);
      const val = config.data.val === undefined ? undefined : await openData(options.config, config.data.val);
      const classes = config.data.classes ?? classNames(train.dataset);
      const network = await networkOf(options.config, config, classes.length);
      await writeDetectorModel(folder, { config: network, classes });
      await copyConfig(options.config, folder);

      const weights = initFasterRcnn(network, { seed: config.recipe.seed ?? 0 });
      const started = performance.now();
      try {
        const pretrained = await start(options.config, config, network, weights);
        const result = await trainDetector({
          config: network,
          weights,
          pretrained,
          recipe: config.recipe as DetectionRecipe,
          train,
          ...(val !== undefined && { val }),
          classes,
          folder,
          resume: options.resume ?? false,
          signal,
          handleInterrupt: false,
          ...(workers !== undefined && { workers }),
        });
        await writeTrainingCurves(folder, result.rows, `${config.output}: ${classes.length} classes`);
        const minutes = (performance.now() - started) / 60000;
        if (options.json) console.log(JSON.stringify({ ...result, folder, minutes }, null, 2));
        else if (result.reason === 'interrupted') console.log(`saved; icconv train detection --resume goes on`);
        else console.log(summary(folder, result.rows, minutes));
        if (result.reason === 'interrupted') process.exitCode = 130;
      } finally {
        tf.dispose(weights);
      }
    });
}

async function openData(file: string, data: DetectionConfig['data']['train']): Promise<DetectionData> {
  const dataset = await loadDataset(besideConfig(file, data.annotations));
  return { dataset, folder: besideConfig(file, data.images) };
}

/** Puts a checkpoint's weights in their places. @returns the names that were loaded. */
async function start(
  file: string,
  { weights: from }: DetectionConfig,
  network: Awaited<ReturnType<typeof networkOf>>,
  weights: StateDict,
): Promise<readonly string[]> {
  if (from === undefined) return [];
  const path = besideConfig(file, from.file);
  const load = from.part === 'backbone' ? loadDetectorBackbone : loadDetectorWeights;
  // A head for other classes has another shape: it starts at random, and is told.
  const loaded = await load(path, network, {
    strict: false,
    skipMismatched: true,
    onReport: ({ mismatched, missing }) => {
      for (const { name, expected, received } of mismatched) {
        console.error(`${name}: random, as the file's shape is [${received.join()}] and not [${expected.join()}]`);
      }
      if (from.part === 'detector' && missing.length > 0) console.error(`random, as missing: ${missing.join(', ')}`);
    },
  });
  for (const [name, tensor] of Object.entries(loaded)) {
    weights[name]!.dispose();
    weights[name] = tensor;
  }
  return Object.keys(loaded);
}

async function copyConfig(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const target = join(folder, file.endsWith('.json') ? 'config.json' : 'config.yaml');
  await copyFile(file, `${target}.part`);
  await rename(`${target}.part`, target);
}

function summary(folder: string, rows: readonly Readonly<Record<string, number | string>>[], minutes: number): string {
  const evaluated = rows.filter((row) => row['val/AP'] !== undefined);
  const done = `${rows.length} epochs in ${minutes.toFixed(1)} min; weights, curves and results.csv are in ${folder}`;
  if (evaluated.length === 0) return done;
  const best = evaluated.reduce((a, b) => (Number(b['val/AP']) > Number(a['val/AP']) ? b : a));
  const table = new Table({
    head: ['', 'epoch', 'AP', 'AP50', 'AP75', 'AR100'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const line = (name: string, row: (typeof evaluated)[number]) => [
    name,
    String(row.epoch),
    ...['AP', 'AP50', 'AP75', 'AR100'].map((metric) => Number(row[`val/${metric}`]).toFixed(3)),
  ];
  table.push(line('best', best), line('last', evaluated.at(-1)!));
  return `${table.toString()}\n${done}`;
}

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];
