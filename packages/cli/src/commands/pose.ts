/** `icconv pose`: people in pictures by their keypoints, as a table, as JSON, as overlays. */
import type { PatternName, ResNetDepth } from '@icconv/models';
import type { PoseResult } from '@icconv/pose';
import { createPoseEstimator, type EstimatorSource } from '@icconv/pose/node';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import Table from 'cli-table3';
import { Command } from 'commander';
import { withCheckpointOptions, withPictureOptions } from '../config/network-options';
import { scoreOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { posesSvg } from '../pictures/poses-overlay';
import { outcomesJson, type PictureOutcome, runOnPictures } from '../pictures/run-on-pictures';
import { readingOf, type WeightFlags } from '../weights/weight-options';

interface PoseCliOptions extends WeightFlags {
  readonly model?: string;
  readonly weights?: string;
  readonly backbone?: number;
  readonly pattern?: PatternName;
  readonly score: number;
  readonly keypointScore: number;
  readonly flip: boolean;
  readonly multiScale?: boolean;
  readonly out?: string;
  readonly json?: boolean;
  readonly device: 'auto' | 'cuda' | 'cpu' | 'wasm';
  readonly threads?: number;
}

/** mmpose's multi-scale test. */
export const MULTI_SCALE = [2, 1, 0.5] as const;

export function poseCommand({ signal }: CommandContext): Command {
  const command = new Command('pose')
    .description('find people and their keypoints in pictures')
    .argument('<images...>', 'pictures, folders of them, or addresses')
    .option('--model <folder>', 'a trained estimator, as icconv train pose writes it');
  withCheckpointOptions(command, 'a checkpoint of COCO’s keypoints')
    .option('--score <least>', 'least score of a person', scoreOption, 0.2)
    .option('--keypoint-score <least>', 'least score of a keypoint that is drawn and counted', scoreOption, 0.1)
    .option('--no-flip', 'without the mirrored picture: half the time')
    .option('--multi-scale', 'look at the pictures at twice and half their size too');
  return withPictureOptions(command, 'skeletons').action(async (inputs: readonly string[], options: PoseCliOptions) => {
    const { device, threads, score, keypointScore, flip, multiScale, out } = options;
    const engine = { device, ...(threads !== undefined && { threads }) };
    const estimator = await createPoseEstimator({ ...sourceOf(options), ...readingOf(options), ...engine, signal });
    const how = { flip, scoreThreshold: score, signal, ...(multiScale && { scales: MULTI_SCALE }) };
    const { edges } = estimator.config.skeleton;
    try {
      const done = await runOnPictures<PoseResult>({
        title: 'estimating',
        inputs,
        out,
        signal,
        run: async (picture) => (await estimator.estimate(picture, how))[0]!,
        svg: (result) => posesSvg(result, { edges, keypointThreshold: keypointScore }),
      });
      if (options.json) console.log(outcomesJson(done));
      else print(done, keypointScore);
    } finally {
      await estimator.dispose();
    }
  });
}

function sourceOf({ model, weights, backbone, pattern }: PoseCliOptions): EstimatorSource {
  if (model !== undefined) return { model, ...(weights !== undefined && { weights }) };
  if (weights === undefined || backbone === undefined) {
    throw new InvalidArgumentError('pose', '--model', model, 'given, or --weights with --backbone');
  }
  return { backbone: backbone as ResNetDepth, weights, ...(pattern !== undefined && { pattern }) };
}

function print(done: readonly PictureOutcome<PoseResult>[], keypointScore: number): void {
  const table = new Table({
    head: ['picture', 'score', 'keypoints', 'x1', 'y1', 'x2', 'y2'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { image, result } of done) {
    if (result.poses.length === 0) table.push([image, '(nobody)', '', '', '', '', '']);
    for (const [i, { score, keypoints, box }] of result.poses.entries()) {
      const found = keypoints.filter((point) => point.score >= keypointScore).length;
      const place = box.map((edge) => edge.toFixed(1));
      table.push([i === 0 ? image : '', score.toFixed(3), `${found} of ${keypoints.length}`, ...place]);
    }
  }
  if (done.length > 0) console.log(table.toString());
}
