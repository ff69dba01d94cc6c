/** Tensors in memory to the tensors of a file: layout, element type, and, where asked for, the published names of branches. */
import { InvalidArgumentError } from '../../errors';
import { encode, type WeightData, type WeightDtype } from '../dtypes';
import { copyStrided, elementCount, rowMajor } from '../strided';
import type { WritableTensor } from '../writable';
import { splitBranches } from './inception';
import { type LayoutRule, layoutAction, layoutChange } from './layouts';
import type { InceptionCounts, WeightLayout } from './types';

/** A dense, row-major tensor that is read when needed. */
export interface LazyTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Element type in the file. */
  readonly dtype: WeightDtype;
  read(): Promise<WeightData>;
}

export interface WritableOptions {
  readonly from: WeightLayout;
  readonly to: WeightLayout;
  readonly rules?: readonly LayoutRule[] | undefined;
  /** Splits these layers into the branches of published checkpoints. */
  readonly inceptionCounts?: InceptionCounts | undefined;
  /** For messages. */
  readonly path: string;
}

/** One tensor, or one a branch, ready to be written. */
export function toWritable(tensor: LazyTensor, options: WritableOptions): WritableTensor[] {
  const { from, to, rules, inceptionCounts, path } = options;
  const { name, shape, dtype } = tensor;
  const { order, outputAxis } = layoutChange(layoutAction(name, shape.length, rules), shape.length, from, to);
  const slices = inceptionCounts && splitBranches(name, shape[outputAxis] ?? 0, inceptionCounts, path);
  if (slices === undefined) {
    const identity = order.every((d, k) => d === k);
    const read = async () =>
      encode(identity ? await tensor.read() : reorder(await tensor.read(), shape, order), dtype, name);
    return [{ name, shape: order.map((d) => shape[d]!), dtype, read }];
  }
  // Branches follow one another, so the whole tensor is read once for all of them.
  let whole: Promise<WeightData> | undefined;
  return slices.map((slice, index) => {
    const part = shape.map((size, d) => (d === outputAxis ? slice.count : size));
    return {
      name: slice.name,
      shape: order.map((d) => part[d]!),
      dtype,
      async read() {
        whole ??= tensor.read();
        const data = await whole;
        if (index === slices.length - 1) whole = undefined;
        const strides = rowMajor(shape);
        return encode(reorder(data, part, order, strides, slice.start * strides[outputAxis]!), dtype, name);
      },
    };
  });
}

function reorder(
  data: WeightData,
  shape: readonly number[],
  order: readonly number[],
  strides: readonly number[] = rowMajor(shape),
  offset = 0,
): WeightData {
  const count = elementCount(shape);
  const target: readonly number[] = rowMajor(order.map((d) => shape[d]!));
  const to = new Array<number>(order.length);
  order.forEach((d, k) => {
    to[d] = target[k]!;
  });
  if (data instanceof Float32Array || data instanceof Int32Array) {
    const result = data instanceof Float32Array ? new Float32Array(count) : new Int32Array(count);
    const bits = (array: WeightData) => new Int32Array(array.buffer, array.byteOffset, array.length);
    copyStrided(bits(data), { offset, strides }, bits(result), { offset: 0, strides: to }, shape);
    return result;
  }
  if (data instanceof Float64Array) {
    const result = new Float64Array(count);
    const bits = (array: WeightData) => new BigInt64Array(array.buffer, array.byteOffset, array.length);
    copyStrided(bits(data), { offset, strides }, bits(result), { offset: 0, strides: to }, shape);
    return result;
  }
  const result = new Uint8Array(count);
  copyStrided(data, { offset, strides }, result, { offset: 0, strides: to }, shape);
  return result;
}

const FLOATS: readonly WeightDtype[] = ['float32', 'float16', 'bfloat16', 'float64'];
/** Read, and widened when another type is asked for. */
const isFloat = (dtype: WeightDtype) => FLOATS.includes(dtype) || dtype.startsWith('float8_');

/** The element type to write: floats become `wanted`, everything else stays. */
export function targetDtype(dtype: WeightDtype, wanted: WeightDtype | undefined): WeightDtype {
  if (wanted !== undefined && !FLOATS.includes(wanted)) {
    throw new InvalidArgumentError('saveWeights', 'dtype', wanted, `one of ${FLOATS.join(', ')}`);
  }
  return wanted !== undefined && isFloat(dtype) ? wanted : dtype;
}
