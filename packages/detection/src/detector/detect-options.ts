import { checkCount } from '@icconv/task/contract';
import type { WebDetectOptions } from './types';

/** @throws InvalidArgumentError */
export function checkDetectOptions({ maxDetections = Number.POSITIVE_INFINITY }: WebDetectOptions): void {
  if (maxDetections !== Number.POSITIVE_INFINITY) checkCount('detect', 'maxDetections', maxDetections);
}
