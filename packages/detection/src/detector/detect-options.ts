import { checkCount } from '@icconv/task';
import type { DetectOptions } from './types';

/** @throws InvalidArgumentError */
export function checkDetectOptions({ maxDetections = Number.POSITIVE_INFINITY }: DetectOptions): void {
  if (maxDetections !== Number.POSITIVE_INFINITY) checkCount('detect', 'maxDetections', maxDetections);
}
