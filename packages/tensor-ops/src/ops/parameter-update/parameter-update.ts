/**
 * Optimizer steps over a whole list of parameters in one call. Natively every number is read and written once; elsewhere they are
 * compositions of ordinary operators. Inputs stay as they are: results are new tensors. Semantics are those of torch.optim.
 */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkLive } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { ADAM_UPDATE, GLOBAL_NORM, LINEAR_COMBINATION, SGD_UPDATE } from './register-parameter-update';

export interface GradientUpdateOptions {
  /** Learning rate of each parameter. */
  readonly rates: readonly number[];
  /** Weight decay of each parameter. */
  readonly weightDecays: readonly number[];
  /** Gradients are multiplied by this before all else, as clipping wants it. @defaultValue `1` */
  readonly gradientScale?: number;
}

export interface SgdUpdateOptions extends GradientUpdateOptions {
  /** @defaultValue `0` */
  readonly momentum?: number;
  /** @defaultValue `0` */
  readonly dampening?: number;
  /** @defaultValue `false` */
  readonly nesterov?: boolean;
}

export interface SgdUpdateResult {
  readonly parameters: Tensor[];
  /** None when none were given. */
  readonly momenta: Tensor[];
}

/**
 * One step of stochastic gradient descent.
 *
 * g = scale * gradient + decay * p; m = momentum * m + (1 - dampening) * g; p = p - rate * m, with Nesterov p - rate * (g + momentum * m);
 * without momenta p - rate * g.
 *
 * @param parameters - float32, any shapes. @param gradients - as the parameters. @param momenta - as the parameters, or none.
 * @returns new tensors, which the caller disposes.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}
 */
export function sgdUpdate(
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  momenta: readonly Tensor[] | undefined,
  options: SgdUpdateOptions,
): SgdUpdateResult {
  const op = 'sgdUpdate';
  checkLists(op, parameters, { gradients, ...(momenta === undefined ? {} : { momenta }) });
  checkRates(op, parameters.length, options);
  if (parameters.length === 0) return { parameters: [], momenta: [] };
  const { momentum = 0, dampening = 0, nesterov = false } = options;
  const lists = momenta === undefined ? [parameters, gradients] : [parameters, gradients, momenta];
  const results = run<Tensor[]>(op, SGD_UPDATE, lists, { ...common(options), momentum, dampening, nesterov });
  return { parameters: results.slice(0, parameters.length), momenta: results.slice(parameters.length) };
}

export interface AdamUpdateOptions extends GradientUpdateOptions {
  /** Number of this step, from 1. */
  readonly step: number;
  /** @defaultValue `0.9` */
  readonly beta1?: number;
  /** @defaultValue `0.999` */
  readonly beta2?: number;
  /** @defaultValue `1e-8` */
  readonly epsilon?: number;
  /** AdamW: the decay acts on the parameter instead of the gradient. @defaultValue `false` */
  readonly decoupled?: boolean;
}

export interface AdamUpdateResult {
  readonly parameters: Tensor[];
  readonly means: Tensor[];
  readonly squares: Tensor[];
}

/**
 * One step of Adam or AdamW.
 *
 * @param parameters - float32, any shapes. @param gradients - as the parameters.
 * @param means - running means of the gradients. @param squares - of their squares.
 * @returns new tensors, which the caller disposes.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}
 */
export function adamUpdate(
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  means: readonly Tensor[],
  squares: readonly Tensor[],
  options: AdamUpdateOptions,
): AdamUpdateResult {
  const op = 'adamUpdate';
  checkLists(op, parameters, { gradients, means, squares });
  checkRates(op, parameters.length, options);
  const { step, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decoupled = false } = options;
  if (!Number.isInteger(step) || step < 1) {
    throw new InvalidArgumentError(op, 'step', step, 'a whole number of at least 1');
  }
  const count = parameters.length;
  if (count === 0) return { parameters: [], means: [], squares: [] };
  const corrections = { correction1: 1 - beta1 ** step, correction2: 1 - beta2 ** step };
  const attrs = { ...common(options), beta1, beta2, epsilon, decoupled, ...corrections };
  const results = run<Tensor[]>(op, ADAM_UPDATE, [parameters, gradients, means, squares], attrs);
  return {
    parameters: results.slice(0, count),
    means: results.slice(count, 2 * count),
    squares: results.slice(2 * count),
  };
}

/** a * x + b * y of every pair of two lists of float32 tensors; running averages and sums of gradients. The caller disposes the results. */
export function linearCombination(a: number, x: readonly Tensor[], b: number, y: readonly Tensor[]): Tensor[] {
  const op = 'linearCombination';
  checkLists(op, x, { y });
  return x.length === 0 ? [] : run<Tensor[]>(op, LINEAR_COMBINATION, [x, y], { count: x.length, a, b });
}

/** The square root of the sum of the squares of all numbers of at least one float32 tensor; NaN or infinite when any of them is. */
export function globalNorm(tensors: readonly Tensor[]): Scalar {
  const op = 'globalNorm';
  if (tensors.length === 0) throw new InvalidArgumentError(op, 'tensors', [], 'at least one tensor');
  checkLists(op, tensors, {});
  return run<Scalar>(op, GLOBAL_NORM, [tensors], { count: tensors.length });
}

const common = ({ rates, weightDecays, gradientScale = 1 }: GradientUpdateOptions) => ({
  count: rates.length,
  rates,
  weightDecays,
  gradientScale,
});

function run<T extends Tensor | Tensor[]>(
  op: string,
  kernel: string,
  lists: readonly (readonly Tensor[])[],
  attrs: object,
): T {
  return runKernel<T>(op, kernel, Object.fromEntries(lists.flat().entries()), attrs);
}

function checkLists(op: string, first: readonly Tensor[], others: Record<string, readonly Tensor[]>): void {
  for (const [name, list] of Object.entries({ tensors: first, ...others })) {
    if (list.length !== first.length) {
      throw new InvalidArgumentError(op, name, `${list.length} tensors`, `a list of ${first.length} tensors`);
    }
    for (const [i, tensor] of list.entries()) {
      checkLive(op, `${name}[${i}]`, tensor);
      const { shape } = first[i]!;
      if (shape.join() !== tensor.shape.join()) {
        throw new ShapeMismatchError(op, `${name}[${i}]`, `[${shape.join(', ')}], its parameter's`, tensor.shape);
      }
    }
  }
}

function checkRates(
  op: string,
  count: number,
  { rates, weightDecays, gradientScale = 1 }: GradientUpdateOptions,
): void {
  for (const [name, list] of Object.entries({ rates, weightDecays })) {
    if (list.length !== count || !list.every(Number.isFinite)) {
      throw new InvalidArgumentError(op, name, list, `${count} finite numbers, one for each parameter`);
    }
  }
  if (!Number.isFinite(gradientScale))
    throw new InvalidArgumentError(op, 'gradientScale', gradientScale, 'a finite number');
}
