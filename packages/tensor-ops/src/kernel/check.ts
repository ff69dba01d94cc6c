/** Argument checks that every operator shares; each throws one typed error that names operator and argument. */
import { type DataType, type Tensor, Tensor as TensorClass } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../errors';

/** Native kernels take options in 32 bits: what is more would act as another number. */
const MOST_WHOLE = 2 ** 31 - 1;
/** Rows or columns of a map with its padding, and elements of a result; the same as in native/common/sizes.h. */
export const MOST_SIDE = 2 ** 30 - 1;
export const MOST_ELEMENTS = 2 ** 31 - 1;

/** Checks that it is a tensor, of the dtype, and not disposed. */
export function checkLive(op: string, parameter: string, tensor: Tensor, dtype: DataType = 'float32'): void {
  if (!(tensor instanceof TensorClass)) throw new InvalidArgumentError(op, parameter, tensor, `a ${dtype} tensor`);
  if (tensor.isDisposed) throw new InvalidArgumentError(op, parameter, tensor, 'a tensor that is not disposed');
  if (tensor.dtype !== dtype) throw new InvalidArgumentError(op, `${parameter}.dtype`, tensor.dtype, dtype);
}

/** {@link checkLive}, the rank, and that every length is a whole number, positive but for the axes listed in `mayBeEmpty`. */
export function checkTensor(
  op: string,
  parameter: string,
  tensor: Tensor,
  layout: string,
  rank: number,
  mayBeEmpty: readonly number[] = [],
  dtype: DataType = 'float32',
): void {
  checkLive(op, parameter, tensor, dtype);
  const { shape } = tensor;
  const whole = shape.every(
    (length, axis) => Number.isInteger(length) && length >= (mayBeEmpty.includes(axis) ? 0 : 1),
  );
  if (shape.length !== rank || !whole) {
    throw new ShapeMismatchError(op, parameter, `${layout} with positive whole lengths`, shape);
  }
}

/** True for whole numbers of at least `least` that native kernels can take. */
export const isWhole = (value: unknown, least: number, most = MOST_WHOLE): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** What a refused value should have been: `expected`, or less where it is whole but too large. */
export const orAtMost = (value: unknown, expected: string, most = MOST_WHOLE): string =>
  [value].flat().some((number) => Number.isInteger(number) && (number as number) > most) ? `at most ${most}` : expected;

/** A whole number of at least `least`. */
export function checkWhole(op: string, parameter: string, value: number, least: number, most = MOST_WHOLE): number {
  if (!isWhole(value, least, most)) {
    const expected = orAtMost(value, `a whole number of at least ${least}`, most);
    throw new InvalidArgumentError(op, parameter, value, expected);
  }
  return value;
}

/** A number or pair of whole numbers of at least `least`, as a pair. */
export function checkPair(
  op: string,
  parameter: string,
  value: number | readonly [number, number],
  least: number,
): readonly [number, number] {
  const pair = typeof value === 'number' ? ([value, value] as const) : value;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((v) => isWhole(v, least))) {
    const kind = least > 0 ? 'positive whole number' : 'whole number of at least 0';
    const expected = orAtMost(value, `a ${kind} or a pair [height, width] of them`);
    throw new InvalidArgumentError(op, parameter, value, expected);
  }
  return pair as readonly [number, number];
}

/** Checks that a result of this shape can be: kernels and TensorFlow itself count in 32 bits here and there. */
export function checkResult(op: string, shape: readonly number[]): void {
  const elements = shape.reduce((product, length) => product * length, 1);
  if (!(elements <= MOST_ELEMENTS)) {
    throw new InvalidArgumentError(op, 'the shape of the result', shape, `of at most ${MOST_ELEMENTS} elements`);
  }
}
