/** Turns the nested value of a checkpoint into a flat list of tensors and plain leaves. */
import { WeightFormatError } from '../../errors';
import { DTYPES } from '../dtypes';
import { numpyStrides } from '../pickle/globals';
import { NumpyArray, OpaqueObject, type StorageRef, TensorRef } from '../pickle/values';
import { elementCount } from '../strided';
import type { MetadataValue, StorageSource, StoredTensor } from '../weight-file';

/** Deeper than any framework nests; a pickle can build a list that holds itself. */
const MAX_NESTING = 32;
/** A pickle can name one list many times within another, so a short file can stand for an endless tree. */
const MAX_VISITS = 5_000_000;

export interface FlatCheckpoint {
  readonly tensors: StoredTensor[];
  readonly metadata: Map<string, MetadataValue>;
}

/** @param locate - the stored bytes of a storage. */
export function flatten(root: unknown, path: string, locate: (storage: StorageRef) => StorageSource): FlatCheckpoint {
  const tensors: StoredTensor[] = [];
  const metadata = new Map<string, MetadataValue>();
  let visits = 0;
  let arrays = 0;

  const visit = (value: unknown, keys: readonly string[]): void => {
    if (++visits > MAX_VISITS) throw new WeightFormatError(path, `holds more than ${MAX_VISITS} values; damaged`);
    if (keys.length > MAX_NESTING) {
      throw new WeightFormatError(
        path,
        `nests more than ${MAX_NESTING} levels (at ${keys.slice(0, 4).join('.')}...); damaged`,
      );
    }
    if (value instanceof TensorRef) {
      tensors.push(fromTensor(value, keys, locate(value.storage)));
    } else if (value instanceof NumpyArray) {
      const tensor = fromArray(value, keys, `numpy:${arrays++}`);
      if (tensor !== undefined) tensors.push(tensor);
    } else if (value instanceof Map) {
      for (const [key, item] of value) visit(item, [...keys, String(key)]);
    } else if (value instanceof OpaqueObject) {
      if (value.state instanceof Map || Array.isArray(value.state)) visit(value.state, keys);
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        visit(item, [...keys, String(index)]);
      });
    } else if (value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value)) {
      metadata.set(keys.join('.'), value as MetadataValue);
    }
  };
  visit(root, []);
  return { tensors, metadata };
}

function fromTensor(tensor: TensorRef, keys: readonly string[], source: StorageSource): StoredTensor {
  const { size } = DTYPES[tensor.dtype];
  return {
    ...identity(keys),
    shape: tensor.shape,
    dtype: tensor.dtype,
    bytes: elementCount(tensor.shape) * size,
    storage: tensor.storage.key,
    source,
    // Views of a legacy storage begin inside the stored record.
    offset: tensor.offset + tensor.storage.offset,
    strides: tensor.strides,
  };
}

function fromArray(array: NumpyArray, keys: readonly string[], storage: string): StoredTensor | undefined {
  const { dtype, data, shape } = array;
  if (dtype === undefined) return undefined;
  return {
    ...identity(keys),
    shape,
    dtype,
    bytes: data.byteLength,
    storage,
    source: {
      byteLength: data.byteLength,
      read: async (target, position) => target.set(data.subarray(position, position + target.byteLength)),
    },
    offset: 0,
    strides: numpyStrides(array),
  };
}

// A file may hold one bare tensor, without any key.
const identity = (keys: readonly string[]) => ({
  name: keys.length === 0 ? 'tensor' : keys.join('.'),
  path: keys.length === 0 ? ['tensor'] : keys,
});
