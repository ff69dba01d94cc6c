import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { DetectOptions } from './types';

const DEFAULTS = {
  scoreThreshold: 0,
  maxDetections: Number.POSITIVE_INFINITY,
  batchSize: 2,
  onError: 'throw',
} as const;

type Complete = DetectOptions & Required<Pick<DetectOptions, keyof typeof DEFAULTS>>;

/** @throws {@link InvalidArgumentError} */
export function completeOptions(options: DetectOptions): Complete {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const complete: Complete = { ...DEFAULTS, ...given };
  const { scoreThreshold, maxDetections, batchSize, onError } = complete;
  const wrong = (name: string, value: unknown, expected: string) =>
    new InvalidArgumentError('detect', name, value, expected);
  if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
    throw wrong('scoreThreshold', scoreThreshold, 'a number from 0 to 1');
  }
  for (const [name, value] of Object.entries({ maxDetections, batchSize })) {
    const endless = name === 'maxDetections' && value === Number.POSITIVE_INFINITY;
    if (!endless && (!Number.isInteger(value) || value < 1)) throw wrong(name, value, 'a whole number of at least 1');
  }
  if (onError !== 'throw' && onError !== 'report') throw wrong('onError', onError, '"throw" or "report"');
  return complete;
}
