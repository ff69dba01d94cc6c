/** Turns the nested value of a checkpoint into a flat list of tensors and plain leaves. */
import { RefusedPickleError, WeightFormatError } from '../../errors';
import { DTYPES } from '../dtypes';
import { type Budget, COST, limitError } from '../limits';
import { isConfiguration } from '../pickle/names';
import { LongText, NumpyArray, OpaqueObject, type StorageRef, TensorRef, UnreadableTensor } from '../pickle/values';
import { elementCount, rowMajor, span } from '../strided';
import type { MetadataValue, SkippedEntry, StorageSource, StoredTensor } from '../weight-file';

/** Deeper than any framework nests; a pickle can build a list that holds itself. */
const MAX_NESTING = 32;

export interface FlatCheckpoint {
  readonly tensors: StoredTensor[];
  readonly skipped: SkippedEntry[];
  readonly metadata: Map<string, MetadataValue>;
}

/**
 * @param locate - the stored bytes of a storage.
 * @throws RefusedPickleError when all tensors are inside Python objects; WeightFormatError for one that is damaged.
 */
export function flatten(
  root: unknown,
  path: string,
  budget: Budget,
  locate: (storage: StorageRef) => StorageSource,
): FlatCheckpoint {
  return budget.work(() => {
    const flattener = new Flattener(path, budget, locate);
    flattener.visit(root, []);
    const { tensors, skipped, metadata } = flattener;
    checkSizes(tensors, path, budget.limits.maxTensorBytes);
    const closed = skipped.find((entry) => entry.kind === 'object' && entry.tensors > 0);
    if (closed?.kind === 'object' && tensors.length === 0 && skipped.every(({ kind }) => kind === 'object')) {
      throw new RefusedPickleError(path, closed.type, 'object', closed.name === ROOT ? undefined : closed.name);
    }
    return { tensors, skipped, metadata };
  });
}

class Flattener implements FlatCheckpoint {
  readonly tensors: StoredTensor[] = [];
  readonly skipped: SkippedEntry[] = [];
  readonly metadata = new Map<string, MetadataValue>();
  readonly #path: string;
  readonly #budget: Budget;
  readonly #locate: (storage: StorageRef) => StorageSource;
  readonly #inside = new TensorCounter();
  #arrays = 0;

  constructor(path: string, budget: Budget, locate: (storage: StorageRef) => StorageSource) {
    this.#path = path;
    this.#budget = budget;
    this.#locate = locate;
  }

  /** @param keys - that lead here; the list is the walk's own, and longer while a value inside is visited. */
  visit(value: unknown, keys: string[]): void {
    // Names are made anew for every place that a value stands in, and a pickle can name one list many times within another.
    this.#budget.tick();
    this.#budget.spend(COST.object + keys.length * COST.slot);
    if (keys.length > MAX_NESTING) {
      const start = keys.slice(0, 4).map((key) => key.slice(0, 40));
      throw new WeightFormatError(
        this.#path,
        `nests more than ${MAX_NESTING} levels (at ${start.join('.')}...); damaged, or a list that holds itself`,
      );
    }
    if (value instanceof TensorRef) {
      this.tensors.push(fromTensor(value, this.#identity(keys), this.#locate(value.storage)));
    } else if (value instanceof UnreadableTensor) {
      this.skipped.push({ ...this.#identity(keys), kind: 'tensor', reason: value.reason });
    } else if (value instanceof NumpyArray) {
      this.#visitArray(value, keys);
    } else if (value instanceof Map) {
      let index = 0;
      for (const [key, item] of value) this.#visitInside(item, keys, keyText(key, index++));
    } else if (value instanceof OpaqueObject) {
      const inside = this.#inside.count(value, this.#budget);
      this.skipped.push({
        ...this.#identity(keys),
        kind: 'object',
        type: value.type,
        tensors: inside,
        reason: `an object of the class ${value.type}, which is kept closed${inside > 0 ? `; it holds ${inside} tensors` : ''}`,
      });
      if (isConfiguration(value.type)) this.#visitConfiguration(value, keys);
    } else if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) this.#visitInside(value[index], keys, String(index));
    } else this.#visitLeaf(value, keys);
  }

  #visitInside(value: unknown, keys: string[], key: string): void {
    keys.push(key);
    this.visit(value, keys);
    keys.pop();
  }

  /** The plain values of an object that is only a bag of them. */
  #visitConfiguration({ items, state, args }: OpaqueObject, keys: readonly string[]): void {
    for (const part of [items, state, args[0]]) {
      if (!(part instanceof Map)) continue;
      let index = 0;
      for (const [key, item] of part) {
        const inner = [...keys, keyText(key, index++)];
        if (inner.length > MAX_NESTING) return;
        this.#budget.tick();
        this.#budget.spend(COST.object + inner.length * COST.slot);
        if (item instanceof OpaqueObject && isConfiguration(item.type)) this.#visitConfiguration(item, inner);
        else this.#visitLeaf(item, inner);
      }
    }
  }

  #visitLeaf(value: unknown, keys: readonly string[]): void {
    let leaf = value;
    if (leaf instanceof LongText) {
      // The bytes of something, or a text that nobody reads: beyond the limit it is left out.
      if (leaf.bytes.length > this.#budget.limits.maxTextBytes) return;
      this.#budget.spend(2 * leaf.bytes.length);
      leaf = leaf.toString();
    }
    if (leaf !== null && !['string', 'number', 'boolean', 'bigint'].includes(typeof leaf)) return;
    const length = lengthOf(keys);
    // No name that anybody looks for.
    if (length > MAX_NAME_LENGTH) return;
    this.#budget.spend(COST.object + length);
    this.metadata.set(keys.length === 0 ? ROOT : keys.join('.'), leaf as MetadataValue);
  }

  #visitArray(array: NumpyArray, keys: readonly string[]): void {
    const { dtype, data, shape, code } = array;
    const identity = this.#identity(keys);
    if (dtype === undefined) {
      const what = /^O\d*$/.test(code) ? 'of Python objects' : `of the type ${JSON.stringify(code.slice(0, 40))}`;
      this.skipped.push({ ...identity, kind: 'tensor', reason: `a NumPy array ${what}` });
      return;
    }
    this.tensors.push({
      ...identity,
      shape,
      dtype,
      bytes: data.byteLength,
      storage: `numpy:${this.#arrays++}`,
      source: {
        byteLength: data.byteLength,
        read: async (target, position) => target.set(data.subarray(position, position + target.byteLength)),
      },
      offset: 0,
      strides: array.fortran ? rowMajor([...shape].reverse()).reverse() : rowMajor(shape),
    });
  }

  #identity(keys: readonly string[]): { name: string; path: readonly string[] } {
    if (keys.length === 0) return { name: ROOT, path: [ROOT] };
    const length = lengthOf(keys);
    if (length > MAX_NAME_LENGTH) {
      const start = keys.join('.').slice(0, 40);
      throw new WeightFormatError(
        this.#path,
        `has a name of ${length} characters (${start}...), at most ${MAX_NAME_LENGTH} are read`,
      );
    }
    this.#budget.spend(COST.object + length);
    return { name: keys.join('.'), path: [...keys] };
  }
}

// A file may hold one bare tensor, without any key.
const ROOT = 'tensor';
/** Of a tensor, with the keys before it; networks have names of below 200. */
const MAX_NAME_LENGTH = 4096;
function lengthOf(keys: readonly string[]): number {
  let length = keys.length - 1;
  for (const key of keys) length += key.length;
  return length;
}

/** Tuples of names and numbers are keys too; longer ones are no names. */
const MAX_KEY_PARTS = 8;

/** A key as a part of a name. A key can be any nested value, whose text may have no end: it then stands for its place only. */
function keyText(key: unknown, index: number): string {
  if (typeof key === 'string') return key;
  if (key === null || typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean')
    return String(key);
  const parts = Array.isArray(key) && key.length <= MAX_KEY_PARTS ? key : undefined;
  return parts?.every((part) => typeof part === 'string' || typeof part === 'number')
    ? parts.join(',')
    : `<key ${index}>`;
}

function fromTensor(
  tensor: TensorRef,
  identity: Pick<StoredTensor, 'name' | 'path'>,
  source: StorageSource,
): StoredTensor {
  const { size } = DTYPES[tensor.dtype];
  return {
    ...identity,
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

const TENSOR_BYTES = 512 * 1024 * 1024;
const TENSOR_TIMES_STORED = 16;

/** A file of some kilobytes must not become a load, or a converted file, of terabytes. */
function checkSizes(tensors: readonly StoredTensor[], path: string, limit: number | undefined): void {
  const stored = new Map(tensors.map(({ storage, source }) => [storage, source.byteLength]));
  const sum = (sizes: Iterable<number>) => [...sizes].reduce((total, bytes) => total + bytes, 0);
  const most = limit ?? TENSOR_BYTES + TENSOR_TIMES_STORED * sum(stored.values());
  // What a view reaches over is read, however few of its elements it takes.
  const reach = ({ bytes, dtype, shape, strides }: StoredTensor) =>
    Math.max(bytes, span(shape, strides) * DTYPES[dtype].size);
  const total = sum(tensors.map(reach));
  // A damaged shape gives no number here, and is refused by itself.
  if (total <= most || !Number.isFinite(total)) return;
  const problem = `its tensors are ${total} bytes together, made of ${sum(stored.values())} stored ones; at most ${most}`;
  throw limitError(path, 'maxTensorBytes', problem);
}

/** Counts the tensors inside closed objects. Every value is looked at once, whatever refers to it. */
class TensorCounter {
  readonly #seen = new Set<object>();
  readonly #counts = new Map<OpaqueObject, number>();

  count(root: OpaqueObject, budget: Budget): number {
    const known = this.#counts.get(root);
    if (known !== undefined) return known;
    let tensors = 0;
    const waiting: unknown[] = [root];
    while (waiting.length > 0) {
      const value = waiting.pop();
      budget.tick();
      if (typeof value !== 'object' || value === null || this.#seen.has(value)) continue;
      if (value instanceof TensorRef || value instanceof UnreadableTensor) tensors++;
      const children =
        value instanceof OpaqueObject
          ? [value.args, value.items, value.state]
          : value instanceof Map
            ? [...value.values()]
            : Array.isArray(value) || value instanceof Set
              ? [...value]
              : [];
      budget.spend(COST.slot * (children.length + 2));
      this.#seen.add(value);
      for (const child of children) waiting.push(child);
    }
    this.#counts.set(root, tensors);
    return tensors;
  }
}
