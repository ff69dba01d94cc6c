/** `icconv eval pose` and `icconv reproduce pose`: a pose estimator over a data set, and COCO's table of it. */

import { join } from 'node:path';
import { counted } from '@icconv/base';
import { writeAtomically } from '@icconv/base/files';
import { formatSummary } from '@icconv/coco';
import { type PoseConfig, PUBLISHED_POSE } from '@icconv/pose';
import {
  estimateDataset,
  evaluatePoses,
  loadCompiledPose,
  type PoseEvaluation,
  poseReport,
  readPoseModel,
} from '@icconv/pose/node';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import { Command, Option } from 'commander';
import { MULTI_SCALE } from '../commands/pose';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { type PictureFlags, pictureRules, withPictureRules } from '../data/data-options';
import { readyData } from '../data/ready-data';
import { tellData } from '../data/tell-data';
import { countProgress } from '../ui/count-progress';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface RunOptions extends WeightFlags, PictureFlags {
  readonly batchSize: number;
  readonly flip: boolean;
  readonly multiScale?: boolean;
  readonly threads?: number;
  readonly limit?: number;
  readonly out?: string;
  readonly json?: boolean;
}

interface EvalOptions extends RunOptions {
  readonly model: string;
  readonly weights?: string;
  readonly annotations: string;
  readonly images: string;
  readonly category?: string;
}

interface ReproduceOptions extends RunOptions {
  readonly coco: string;
  readonly weights: string;
  readonly model: string;
}

function withRunOptions(command: Command): Command {
  return withPictureRules(withWeightOptions(command))
    .option('--no-flip', 'without the mirrored picture: half the time')
    .option('--multi-scale', 'look at the pictures at twice and half their size too')
    .option('--batch-size <n>', 'pictures that are decoded ahead; no result depends on it', countOption, 4)
    .option('--limit <n>', 'only the first pictures', countOption)
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .option('--out <file>', 'write the poses in COCO’s results format')
    .option('--json', 'print everything as JSON');
}

export function evalPoseCommand({ signal }: CommandContext): Command {
  return withRunOptions(
    new Command('pose')
      .description('run a trained pose estimator over a data set and print COCO’s table')
      .requiredOption('--model <folder>', 'folder of the estimator, as icconv train pose writes it')
      .option('--weights <file>', 'weights, by default model, best or final.safetensors in the folder')
      .requiredOption('--annotations <file>', 'ground truth in COCO’s format')
      .requiredOption('--images <folder>', 'folder of the pictures')
      .option('--category <name>', 'by default the only one with keypoints'),
  ).action(async (options: EvalOptions) => {
    const { config, weights } = await readPoseModel(options.model);
    const path = options.weights ?? weights;
    if (path === undefined) {
      throw new InvalidArgumentError('eval', '--weights', path, `given: ${options.model} has none`);
    }
    const { evaluation, data } = await run(path, config, options, options, signal);
    if (options.json) console.log(JSON.stringify({ stats: evaluation.stats, pck: evaluation.pck, data }, null, 2));
    else print(evaluation, config);
  });
}

/** Where COCO's own archives put things. */
const COCO_VAL = { annotations: 'annotations/person_keypoints_val2017.json', images: 'val2017' } as const;

export function reproducePoseCommand({ signal }: CommandContext): Command {
  const names = Object.keys(PUBLISHED_POSE);
  return withRunOptions(
    new Command('pose')
      .description('the published protocol, from checkpoint to keypoint AP on val2017, beside the published number')
      .requiredOption('--coco <folder>', `holds ${COCO_VAL.annotations} and ${COCO_VAL.images}/`)
      .requiredOption('--weights <file>', 'the checkpoint, PyTorch or safetensors')
      .addOption(new Option('--model <name>', 'which published estimator').choices(names).makeOptionMandatory()),
  ).action(async (options: ReproduceOptions) => {
    const { config, ap, multiScaleAp, source } = PUBLISHED_POSE[options.model]!;
    const files = {
      annotations: join(options.coco, COCO_VAL.annotations),
      images: join(options.coco, COCO_VAL.images),
    };
    const started = performance.now();
    // COCO's server counts 20 poses a picture, whatever the picture holds.
    const protocol = { ...options, maxDetections: 20 };
    const { evaluation, data } = await run(options.weights, config, files, protocol, signal);
    const minutes = (performance.now() - started) / 60000;
    const measured = 100 * evaluation.stats.AP!;
    const expected = options.multiScale ? multiScaleAp : ap;
    if (options.json) {
      const { stats, pck } = evaluation;
      console.log(
        JSON.stringify({ model: options.model, expected, measured, source, minutes, stats, pck, data }, null, 2),
      );
      return;
    }
    print(evaluation, config);
    const part = options.limit === undefined ? '' : `, of the first ${counted(options.limit, 'picture')} only`;
    const published = expected === undefined ? 'not published' : `${expected.toFixed(1)} published (${source})`;
    const test = `${options.flip ? 'flip' : 'no flip'}, ${options.multiScale ? 'three scales' : 'one scale'}`;
    console.log(`\n${options.model}: keypoint AP ${measured.toFixed(1)} measured (${test}${part}), ${published}`);
  });
}

async function run(
  weightsPath: string,
  config: PoseConfig,
  { annotations, images }: { readonly annotations: string; readonly images: string },
  options: RunOptions & { readonly category?: string; readonly maxDetections?: number },
  signal: AbortSignal,
): Promise<{ readonly evaluation: PoseEvaluation; readonly data: object }> {
  const { threads, limit, out, batchSize, category, flip, multiScale, maxDetections } = options;
  const chosen = { ...(category !== undefined && { category }) };
  const rules = pictureRules(options);
  const source = { name: 'data', annotations, images, ...(limit !== undefined && { limit }) };
  const ready = await readyData(source, rules, signal);
  const { dataset, folder, imageIds = dataset.getImgIds() } = ready;
  const report = poseReport({ dataset, imageIds }, 'evaluation', category);
  const { data } = tellData({ data: { data: ready, annotations, report } });
  await useEngine({ device: 'auto', ...(threads !== undefined && { threads }) });
  const network = await loadCompiledPose(weightsPath, config, { ...readingOf(options), signal });
  const progress = countProgress('estimating', imageIds.length);
  try {
    const results = await estimateDataset(network, config, dataset, {
      folder,
      imageIds,
      batchSize,
      flip,
      onUnreadable: rules.onUnreadable,
      tolerateDamage: rules.tolerateDamage,
      ...(multiScale && { scales: MULTI_SCALE }),
      ...chosen,
      signal,
      onProgress: ({ done }) => progress.update(done),
    });
    progress.stop();
    if (out !== undefined) await writeAtomically(out, JSON.stringify(results));
    const evaluation = evaluatePoses(results, config, dataset, {
      imageIds,
      ...chosen,
      ...(maxDetections !== undefined && { maxDetections }),
    });
    return { evaluation, data: data! };
  } finally {
    progress.stop();
    network.dispose();
  }
}

function print(evaluation: PoseEvaluation, { skeleton }: PoseConfig): void {
  console.log(formatSummary(evaluation));
  console.log(
    ` PCK at 0.1 of the object's longer side                                      = ${evaluation.pck.toFixed(3)}`,
  );
  const sigmas = [...new Set(skeleton.sigmas)];
  console.log(
    `\nsigmas of OKS: ${sigmas.length === 1 ? `${sigmas[0]} for all keypoints` : skeleton.sigmas.map((v) => v.toFixed(3)).join(' ')}`,
  );
}
