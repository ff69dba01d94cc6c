/** Learning rates as plain functions of the number of updates done. */
import { InvalidArgumentError } from '@icconv/tensor-ops';

/**
 * @param step - updates done before this one, from 0; where a schedule is laid over a time, as many of those it was written for as that
 *   part of the time stands for.
 * @param done - updates really done, which a warm-up counts. @defaultValue step
 */
export type Schedule = (step: number, done?: number) => number;

/** Always the same. */
export const constant =
  (rate: number): Schedule =>
  () =>
    rate;

/** Multiplied by `gamma` every `every` steps, as torch's StepLR. @defaultValue gamma `0.1` */
export function stepDecay(rate: number, options: { readonly every: number; readonly gamma?: number }): Schedule {
  const { every, gamma = 0.1 } = options;
  positive('stepDecay', 'every', every);
  return (step) => rate * gamma ** Math.floor(step / every);
}

/** Multiplied by `gamma` at each milestone, as torch's MultiStepLR. @defaultValue gamma `0.1` */
export function multiStep(
  rate: number,
  options: { readonly milestones: readonly number[]; readonly gamma?: number },
): Schedule {
  const { milestones, gamma = 0.1 } = options;
  return (step) => rate * gamma ** milestones.filter((milestone) => milestone <= step).length;
}

/** Half a cosine from the rate to `final` over `steps`, then `final`. @defaultValue final `0` */
export function cosine(rate: number, options: { readonly steps: number; readonly final?: number }): Schedule {
  const { steps, final = 0 } = options;
  positive('cosine', 'steps', steps);
  return (step) => final + ((rate - final) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps))) / 2;
}

/** The schedule times a factor that grows evenly from `factor` to 1 over `steps`. @defaultValue factor `0.001` */
export function withWarmUp(
  schedule: Schedule,
  options: { readonly steps: number; readonly factor?: number },
): Schedule {
  const { steps, factor = 0.001 } = options;
  positive('withWarmUp', 'steps', steps);
  return (step, done = step) => schedule(step, done) * (done >= steps ? 1 : factor + ((1 - factor) * done) / steps);
}

function positive(op: string, name: string, value: number): void {
  if (!(value > 0)) throw new InvalidArgumentError(op, name, value, 'a number above 0');
}
