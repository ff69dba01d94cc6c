/** `icconv eval detection` and `icconv reproduce detection`: a detector over a data set, and COCO's table of it. */

import { join } from 'node:path';
import { counted } from '@icconv/base';
import { writeAtomically } from '@icconv/base/files';
import {
  type CocoDataset,
  type CocoId,
  categoriesByName,
  dataReport,
  type Evaluation,
  formatSummary,
} from '@icconv/coco';
import { type FasterRcnnConfig, PUBLISHED_DETECTORS, type PublishedDetector } from '@icconv/detection';
import { detectDataset, loadCompiledFasterRcnn, readDetectorModel, scoreDetections } from '@icconv/detection/node';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import { Command, Option } from 'commander';
import { categoryTable } from '../commands/eval-coco';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { type PictureFlags, pictureRules, withPictureRules } from '../data/data-options';
import { readyData } from '../data/ready-data';
import { tellData } from '../data/tell-data';
import { countProgress } from '../ui/count-progress';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface RunOptions extends WeightFlags, PictureFlags {
  readonly batchSize: number;
  readonly threads?: number;
  readonly limit?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly perCategory?: boolean;
}

interface EvalOptions extends RunOptions {
  readonly model: string;
  readonly weights?: string;
  readonly annotations: string;
  readonly images: string;
}

interface ReproduceOptions extends RunOptions {
  readonly coco: string;
  readonly weights: string;
  readonly model: string;
}

function withRunOptions(command: Command): Command {
  return withPictureRules(withWeightOptions(command))
    .option('--batch-size <n>', 'pictures that are decoded ahead; no result depends on it', countOption, 4)
    .option('--limit <n>', 'only the first pictures', countOption)
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .option('--out <file>', 'write the detections in COCO’s results format')
    .option('--per-category', 'print the table by category')
    .option('--json', 'print everything as JSON');
}

export function evalDetectionCommand({ signal }: CommandContext): Command {
  return withRunOptions(
    new Command('detection')
      .description('run a trained detector over a data set and print COCO’s table')
      .requiredOption('--model <folder>', 'folder of the detector, as icconv train detection writes it')
      .option('--weights <file>', 'weights, by default model, best or final.safetensors in the folder')
      .requiredOption('--annotations <file>', 'ground truth in COCO’s format')
      .requiredOption('--images <folder>', 'folder of the pictures'),
  ).action(async (options: EvalOptions) => {
    const { config, classes, weights } = await readDetectorModel(options.model);
    const path = options.weights ?? weights;
    if (path === undefined)
      throw new InvalidArgumentError('eval', '--weights', path, `given: ${options.model} has none`);
    const { annotations, images } = options;
    const ids = (dataset: CocoDataset) => {
      const found = categoriesByName(dataset, classes);
      const missing = classes.filter((_, i) => found[i] === undefined);
      if (missing.length > 0)
        console.error(`not scored, as the file has no category of that name: ${missing.join(', ')}`);
      return found;
    };
    const { evaluation, dataset, data } = await run(path, config, { annotations, images }, ids, options, signal);
    if (options.json) console.log(JSON.stringify({ stats: evaluation.stats, data }, null, 2));
    else print(evaluation, dataset, options);
  });
}

/** Where COCO's own archives put things. */
const COCO_VAL = { annotations: 'annotations/instances_val2017.json', images: 'val2017' } as const;

export function reproduceDetectionCommand({ signal }: CommandContext): Command {
  const names = Object.keys(PUBLISHED_DETECTORS);
  return withRunOptions(
    new Command('detection')
      .description('the published protocol, from checkpoint to AP on val2017, beside the published number')
      .requiredOption('--coco <folder>', `holds ${COCO_VAL.annotations} and ${COCO_VAL.images}/`)
      .requiredOption('--weights <file>', 'the checkpoint, PyTorch or safetensors')
      .addOption(new Option('--model <name>', 'which published detector').choices(names).makeOptionMandatory()),
  ).action(async (options: ReproduceOptions) => {
    const published = PUBLISHED_DETECTORS[options.model]!;
    const source = {
      annotations: join(options.coco, COCO_VAL.annotations),
      images: join(options.coco, COCO_VAL.images),
    };
    const ids = (dataset: CocoDataset) => categoriesOf(published, dataset);
    const started = performance.now();
    const { evaluation, dataset, data } = await run(options.weights, published.config, source, ids, options, signal);
    const minutes = (performance.now() - started) / 60000;
    const measured = 100 * evaluation.stats.AP!;
    if (options.json) {
      const { ap } = published;
      console.log(
        JSON.stringify(
          {
            model: options.model,
            expected: ap,
            measured,
            source: published.source,
            minutes,
            stats: evaluation.stats,
            data,
          },
          null,
          2,
        ),
      );
      return;
    }
    print(evaluation, dataset, options);
    const part = options.limit === undefined ? '' : `, of the first ${counted(options.limit, 'picture')} only`;
    console.log(
      `\n${options.model}: box AP ${measured.toFixed(1)} measured${part}, ${published.ap.toFixed(1)} published (${published.source})`,
    );
  });
}

function categoriesOf({ categories, config }: PublishedDetector, dataset: CocoDataset): CocoId[] {
  if (categories === 'ids') return Array.from({ length: config.classes }, (_, index) => index + 1);
  return dataset.categories.map(({ id }) => id).sort((a, b) => Number(a) - Number(b));
}

interface Run {
  readonly evaluation: Evaluation;
  readonly dataset: CocoDataset;
  /** What was scored, for JSON. */
  readonly data: object;
}

async function run(
  weightsPath: string,
  config: FasterRcnnConfig,
  source: { readonly annotations: string; readonly images: string },
  idsOf: (dataset: CocoDataset) => readonly (CocoId | undefined)[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<Run> {
  const { threads, limit, out, batchSize } = options;
  const rules = pictureRules(options);
  const ready = await readyData({ name: 'data', ...source, ...(limit !== undefined && { limit }) }, rules, signal);
  const { dataset, folder, imageIds = dataset.getImgIds() } = ready;
  const categoryIds = idsOf(dataset);
  const known = new Set(dataset.categories.map(({ id }) => id));
  const scored = categoryIds.filter((id): id is CocoId => id !== undefined && known.has(id));
  const report = dataReport(dataset, { task: 'boxes', use: 'evaluation', categoryIds: scored, imageIds });
  const { data } = tellData({ data: { data: ready, annotations: source.annotations, report } });
  await useEngine({ device: 'auto', ...(threads !== undefined && { threads }) });
  const detector = await loadCompiledFasterRcnn(weightsPath, config, { ...readingOf(options), signal });
  const progress = countProgress('detecting', imageIds.length);
  try {
    const results = await detectDataset(detector, config, dataset, {
      ...{ folder, batchSize, imageIds, categoryIds, signal },
      onUnreadable: rules.onUnreadable,
      tolerateDamage: rules.tolerateDamage,
      onProgress: ({ done }) => progress.update(done),
    });
    progress.stop();
    if (out !== undefined) await writeAtomically(out, JSON.stringify(results));
    return { evaluation: scoreDetections(results, dataset, { categoryIds, imageIds }), dataset, data: data! };
  } finally {
    progress.stop();
    detector.dispose();
  }
}

function print(evaluation: Evaluation, dataset: CocoDataset, { perCategory }: RunOptions): void {
  console.log(formatSummary(evaluation));
  if (perCategory) console.log(`\n${categoryTable(evaluation, dataset)}`);
}
