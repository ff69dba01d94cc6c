/** What the writers take: shapes at once, data one tensor at a time, so that a file of any size is written with little memory. */
import { InvalidArgumentError } from '../errors';
import { DTYPES, type WeightDtype } from './dtypes';
import { elementCount } from './strided';

export interface WritableTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: WeightDtype;
  /** Dense, row-major, little-endian bytes; asked for once, when the tensor's turn comes. */
  read(): Promise<Uint8Array>;
}

export const writableBytes = ({ shape, dtype }: WritableTensor): number => elementCount(shape) * DTYPES[dtype].size;

/** Reads a tensor and checks its length: a wrong one would shift everything behind it. */
export async function readWritable(tensor: WritableTensor): Promise<Uint8Array> {
  const bytes = await tensor.read();
  const expected = writableBytes(tensor);
  if (bytes.byteLength !== expected) {
    const want = `${expected} bytes for shape [${tensor.shape.join(', ')}] of ${tensor.dtype}`;
    throw new InvalidArgumentError('saveWeights', `data of ${tensor.name}`, `${bytes.byteLength} bytes`, want);
  }
  return bytes;
}

/** @throws InvalidArgumentError when two tensors have one name. */
export function checkNames(tensors: readonly WritableTensor[]): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) throw new InvalidArgumentError('saveWeights', 'tensors', name, 'of different names');
    seen.add(name);
  }
}
