/** `icconv train detection`. */
import { initFasterRcnn } from '@icconv/detection';
import {
  classNames,
  type DetectionRecipe,
  detectionSettings,
  loadDetectorBackbone,
  loadDetectorWeights,
  trainDetector,
  writeDetectorModel,
} from '@icconv/detection/node';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { readConfig } from '../config/read-config';
import { besideConfig } from '../config/recipe';
import { writeTrainingCurves } from '../pictures/training-curves';
import type { CommandContext } from '../program';
import { readingOf } from '../weights/weight-options';
import { DETECTION_PRESETS, detectionConfigSchema, networkOf } from './detection-config';
import {
  beginRun,
  openData,
  printResult,
  requireNativeEngine,
  startFrom,
  type TrainCliOptions,
  withTrainOptions,
} from './training-run';

export function trainDetectionCommand({ signal }: CommandContext): Command {
  const command = new Command('detection').description('train Faster R-CNN on data in COCO format');
  return withTrainOptions(command, DETECTION_PRESETS).action(async (options: TrainCliOptions) => {
    const { config: file, threads, workers } = options;
    const config = await readConfig(file, detectionConfigSchema, options.set);
    const folder = options.output ?? besideConfig(file, config.output);
    await requireNativeEngine(threads);
    const train = await openData(file, config.data.train);
    const val = config.data.val === undefined ? undefined : await openData(file, config.data.val);
    const classes = config.data.classes ?? classNames(train.dataset);
    const network = await networkOf(file, config, classes.length);
    const run = {
      config: network,
      recipe: config.recipe as DetectionRecipe,
      train,
      ...(val !== undefined && { val }),
      classes,
    };
    await beginRun(folder, options, detectionSettings(run));
    await writeDetectorModel(folder, { config: network, classes });

    const weights = initFasterRcnn(network, { seed: config.recipe.seed ?? 0 });
    const started = performance.now();
    try {
      const { weights: from } = config;
      const load = from?.part === 'backbone' ? loadDetectorBackbone : loadDetectorWeights;
      const pretrained =
        from === undefined
          ? []
          : await startFrom(
              weights,
              (how) =>
                load(besideConfig(file, from.file), network, { ...how, ...readingOf(options, from.opaqueClasses) }),
              from.part === 'detector',
            );
      const result = await trainDetector({
        ...run,
        weights,
        pretrained,
        folder,
        resume: options.resume ?? false,
        allowChanges: options.allowChanges ?? false,
        signal,
        handleInterrupt: false,
        ...(workers !== undefined && { workers }),
      });
      await writeTrainingCurves(folder, result.rows, `${config.output}: ${classes.length} classes`);
      const minutes = (performance.now() - started) / 60000;
      printResult('detection', result, { folder, minutes }, options.json ?? false, ['AP', 'AP50', 'AP75', 'AR100']);
    } finally {
      tf.dispose(weights);
    }
  });
}
