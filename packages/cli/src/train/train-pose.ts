/** `icconv train pose`. */
import { counted } from '@icconv/base';
import { besideConfig, readConfig } from '@icconv/base/config';
import { initPose, type Skeleton } from '@icconv/pose';
import {
  loadPoseBackbone,
  loadPoseWeights,
  poseReports,
  poseSettings,
  trainPose,
  writePoseModel,
} from '@icconv/pose/node';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { pictureRules } from '../data/data-options';
import { writeTrainingCurves } from '../pictures/training-curves';
import { readingOf } from '../weights/weight-options';
import { POSE_PRESETS, poseConfigSchema, poseNetworkOf } from './pose-config';
import {
  beginRun,
  openData,
  printResult,
  requireNativeEngine,
  startFrom,
  type TrainCliOptions,
  tellTrainingData,
  withTrainOptions,
} from './training-run';

export function trainPoseCommand({ signal }: CommandContext): Command {
  const command = new Command('pose').description('train bottom-up pose estimation on keypoints in COCO format');
  return withTrainOptions(command, POSE_PRESETS).action(async (options: TrainCliOptions) => {
    const { config: file, threads, workers } = options;
    const config = await readConfig(file, poseConfigSchema, options.set);
    const folder = options.output ?? besideConfig(file, config.output);
    const { resume = false, allowChanges = false } = options;
    await requireNativeEngine(threads);
    const rules = pictureRules(options, config.data);
    const opened = await openData(file, config.data, rules, signal);
    const { train, val } = opened;
    const data = tellTrainingData(file, config.data, opened, poseReports(train, val, config.data.category));
    const network = await poseNetworkOf(file, config, train.dataset);
    const run = {
      config: network,
      recipe: config.recipe,
      train,
      ...(val !== undefined && { val }),
      evaluation: config.evaluation ?? {},
      ...(config.data.category !== undefined && { category: config.data.category }),
    };
    await beginRun(folder, options, poseSettings(run));
    await writePoseModel(folder, network);

    console.error(`mirrored pictures exchange ${describePairs(network.skeleton)}`);

    const weights = initPose(network, { seed: config.recipe.seed ?? 0 });
    const started = performance.now();
    try {
      const { weights: from } = config;
      const load = from?.part === 'backbone' ? loadPoseBackbone : loadPoseWeights;
      const pretrained =
        from === undefined
          ? []
          : await startFrom(
              weights,
              (how) =>
                load(besideConfig(file, from.file), network, { ...how, ...readingOf(options, from.opaqueClasses) }),
              from.part === 'estimator',
            );
      const result = await trainPose({
        ...run,
        weights,
        pretrained,
        folder,
        resume,
        allowChanges,
        onUnreadable: rules.onUnreadable,
        tolerateDamage: rules.tolerateDamage,
        signal,
        handleInterrupt: false,
        ...(workers !== undefined && { workers }),
      });
      await writeTrainingCurves(
        folder,
        result.rows,
        `${config.output}: ${counted(network.skeleton.keypoints.length, 'keypoint')}`,
      );
      const minutes = (performance.now() - started) / 60000;
      printResult('pose', result, { folder, minutes, data }, options.json ?? false, [
        'AP',
        'AP50',
        'AP75',
        'AR',
        'PCK',
      ]);
    } finally {
      tf.dispose(weights);
    }
  });
}

function describePairs({ keypoints, swapPairs }: Skeleton): string {
  if (swapPairs.length === 0) return 'no keypoints: name pairs of left and right in data.swapPairs if there are any';
  return swapPairs.map(([a, b]) => `${keypoints[a]} and ${keypoints[b]}`).join(', ');
}
