/** `icconv train detection`. */
import { counted } from '@icconv/base';
import { besideConfig, readConfig } from '@icconv/base/config';
import { groupingNotes, learnedCategories } from '@icconv/coco';
import { initFasterRcnn } from '@icconv/detection';
import {
  detectionReports,
  detectionSettings,
  loadDetectorBackbone,
  loadDetectorWeights,
  trainDetector,
  writeDetectorModel,
} from '@icconv/detection/node';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { pictureRules } from '../data/data-options';
import { writeTrainingCurves } from '../pictures/training-curves';
import { readingOf } from '../weights/weight-options';
import { DETECTION_PRESETS, detectionConfigSchema, networkOf } from './detection-config';
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

export function trainDetectionCommand({ signal }: CommandContext): Command {
  const command = new Command('detection').description('train Faster R-CNN on data in COCO format');
  return withTrainOptions(command, DETECTION_PRESETS).action(async (options: TrainCliOptions) => {
    const { config: file, threads, workers } = options;
    const config = await readConfig(file, detectionConfigSchema, options.set);
    const folder = options.output ?? besideConfig(file, config.output);
    const { resume = false, allowChanges = false } = options;
    await requireNativeEngine(threads);
    const rules = pictureRules(options, config.data);
    const opened = await openData(file, config.data, rules, signal);
    const choice = config.data.categories ?? config.data.classes;
    const learned = learnedCategories(opened.train.dataset, choice);
    if (choice === undefined)
      for (const note of groupingNotes(opened.train.dataset, 'data.categories')) console.error(note);
    const classes = learned.map(({ name }) => name);
    const train = { ...opened.train, categoryIds: learned.map(({ id }) => id) };
    const { val } = opened;
    const data = tellTrainingData(file, config.data, opened, detectionReports(train, val, classes));
    const network = await networkOf(file, config, classes.length);
    const run = {
      config: network,
      recipe: config.recipe,
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
        `${config.output}: ${counted(classes.length, 'class', 'classes')}`,
      );
      const minutes = (performance.now() - started) / 60000;
      printResult('detection', result, { folder, minutes, data }, options.json ?? false, [
        'AP',
        'AP50',
        'AP75',
        'AR100',
      ]);
    } finally {
      tf.dispose(weights);
    }
  });
}
