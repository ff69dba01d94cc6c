/** Runs a detector over a data set, and takes COCO's metric of what it finds. */
import type { CocoDetection, Evaluation } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import { type EvaluateTaskOptions, evaluateOn, findInData, type Runner, type RunnerOptions } from '@icconv/task';
import { DETECTION, type DetectionTypes } from '../task/detection-task';
import type { DetectorSource } from './create-detector';

/**
 * Detections of every picture, as COCO's results: boxes [x, y, width, height] in pixels of the picture, category ids of the data set. Those
 * of classes that the data set lacks are left out.
 *
 * @throws InvalidArgumentError where data and network do not fit; ImageDecodeError with the file that cannot be read.
 */
export async function detectDataset(
  detector: Pick<Runner<DetectionTypes>, 'model' | 'stream'>,
  data: CocoData,
  options: EvaluateTaskOptions<DetectionTypes> = {},
): Promise<CocoDetection[]> {
  return (await findInData(DETECTION, detector, data, options)).records;
}

/**
 * COCO's box metric of a detector: `stats` holds AP, AP50, AP75, APsmall, ..., AR100.
 *
 * @param detector - one that runs, here or in another process; or what `createDetector` makes one from.
 * @example
 * ```ts
 * const { stats } = await evaluateDetector('runs/cells', { dataset, folder: 'images' });
 * ```
 */
export async function evaluateDetector(
  detector: Pick<Runner<DetectionTypes>, 'model' | 'stream'> | DetectorSource,
  data: CocoData,
  options: EvaluateTaskOptions<DetectionTypes> & RunnerOptions = {},
): Promise<Evaluation> {
  return evaluateOn(DETECTION, detector, data, options);
}
