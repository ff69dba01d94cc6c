/**
 * A weight file: a list of named tensors whose data is read on demand, by position.
 * Memory: opening reads names and shapes only; reading a tensor takes its own size, and for halves, views and changed layouts a
 * copy of that one tensor for the time of the call.
 */
import { InvalidArgumentError, RefusedPickleError, WeightFormatError } from '../errors';
import { type ByteSource, checkArray } from './byte-source';
import { allocate, DTYPES, decodeInto, type ReadDtype, type WeightData, type WeightDtype } from './dtypes';
import { copyStrided, type Elements, elementCount, isRowMajor, rowMajor, span } from './strided';

export type WeightFormat = 'safetensors' | 'pytorch' | 'pytorch-legacy' | 'pickle';

/** One tensor of a file. */
export interface WeightEntry {
  /** Path of dictionary keys joined by dots: `state_dict.layer1.0.conv1.weight`. */
  readonly name: string;
  /** The keys by themselves; a key may hold dots: `['state_dict', 'layer1.0.conv1.weight']`. */
  readonly path: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: WeightDtype;
  /** Size of the dense tensor. */
  readonly bytes: number;
  /** Equal for two tensors that share memory in the file. */
  readonly storage: string;
}

/** Bytes that hold one or several tensors. */
export interface StorageSource {
  readonly byteLength: number;
  read(target: Uint8Array, position: number): Promise<void>;
  /** Checks all bytes against a checksum, where there is one; called when a tensor has been read. */
  settle?(): Promise<void>;
}

/** An entry together with where its elements are; offset and strides count elements. */
export interface StoredTensor extends WeightEntry {
  readonly source: StorageSource;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** What a file holds and does not give as a tensor; it does not keep the others from being read. */
export type SkippedEntry = Pick<WeightEntry, 'name' | 'path'> & {
  /** Why, as a part of a sentence: `a quantized tensor; save its .dequantize()`. */
  readonly reason: string;
} & (
    | { readonly kind: 'tensor' }
    | {
        /** A Python object, which is kept closed. */
        readonly kind: 'object';
        /** Its class, as `module.Class`. */
        readonly type: string;
        /** How many tensors it holds. */
        readonly tensors: number;
      }
  );

/** A leaf of a checkpoint that is no tensor: an epoch number, a version, a configuration text. */
export type MetadataValue = string | number | boolean | bigint | null;

export interface ReadTensorOptions {
  /** Element type of the array. Default: float32 for every float, int32 for every integer, bool (0 or 1) for bool. */
  readonly dtype?: ReadDtype;
  /** Order of the dimensions wanted: `[2, 3, 1, 0]` reads OIHW as HWIO. Default: as stored. */
  readonly permute?: readonly number[];
}

/** Where {@link WeightFile.readInto} puts a tensor; offset and strides count elements of the target, in the stored order of dimensions. */
export interface Placement {
  readonly offset: number;
  readonly strides: readonly number[];
}

// Conversion of halves and gathers goes through pieces of this size, so that a big tensor is not held twice.
const PIECE_BYTES = 1024 * 1024;
/** One for stored bytes, one for converted numbers. */
const KEPT_BLOCKS = 2;
/** The largest filters of the usual backbones have 10 to 60 MB. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
/**
 * A view may repeat elements (`expand`), so its shape is not bounded by the file: a damaged one could ask for terabytes.
 * Real checkpoints repeat small buffers; 64 Mi elements are 256 MB as float32.
 */
const MAX_REPEATED_ELEMENTS = 64 * 1024 * 1024;

export class WeightFile {
  readonly path: string;
  readonly format: WeightFormat;
  /** Tensors by name, in the order of the file. */
  readonly entries: ReadonlyMap<string, WeightEntry>;
  /** What the file holds besides tensors, by dotted path. Python objects other than plain values are left out. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** Tensors that cannot be read and objects that are kept closed, by name. */
  readonly skipped: ReadonlyMap<string, SkippedEntry>;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #sources: readonly ByteSource[];
  readonly #scratch: Uint8Array<ArrayBuffer>[] = [];

  /** Made by `openWeights`. */
  constructor(
    path: string,
    format: WeightFormat,
    tensors: readonly StoredTensor[],
    metadata: ReadonlyMap<string, MetadataValue>,
    sources: readonly ByteSource[],
    skipped: readonly SkippedEntry[] = [],
  ) {
    this.path = path;
    this.format = format;
    this.metadata = metadata;
    this.#sources = sources;
    const map = new Map<string, StoredTensor>();
    for (const tensor of tensors) {
      if (map.has(tensor.name)) throw new WeightFormatError(path, 'two tensors have this name', { entry: tensor.name });
      checkBounds(path, tensor);
      map.set(tensor.name, tensor);
    }
    this.#tensors = map;
    this.skipped = new Map(skipped.map((entry) => [entry.name, entry]));
    this.entries = map;
  }

  /**
   * Reads one tensor, dense and row-major.
   *
   * @throws InvalidArgumentError when there is no such tensor or the dtype asked for would lose numbers; WeightFormatError when the file
   *   changed or is damaged.
   */
  async read(name: string, options: ReadTensorOptions = {}): Promise<WeightData> {
    const tensor = this.#find(name);
    const order = options.permute ?? tensor.shape.map((_, d) => d);
    if ([...order].sort((a, b) => a - b).join() !== tensor.shape.map((_, d) => d).join()) {
      throw new InvalidArgumentError(
        'WeightFile.read',
        'permute',
        order,
        `an order of the ${tensor.shape.length} dimensions`,
      );
    }
    const data = allocate(this.#dtypeOf(tensor, options.dtype), elementCount(tensor.shape));
    const dense = rowMajor(order.map((d) => tensor.shape[d]!));
    const strides = new Array<number>(order.length);
    order.forEach((d, position) => {
      strides[d] = dense[position]!;
    });
    await this.readInto(name, data, { offset: 0, strides });
    return data;
  }

  /** Reads one tensor into a part of `target`, whose element type decides the conversion. */
  async readInto(name: string, target: WeightData, placement: Placement): Promise<void> {
    const tensor = this.#find(name);
    await this.#copyInto(tensor, target, placement);
    await tensor.source.settle?.();
  }

  async #copyInto(tensor: StoredTensor, target: WeightData, placement: Placement): Promise<void> {
    const { name } = tensor;
    const { shape, dtype, strides, source } = tensor;
    const count = elementCount(shape);
    if (count === 0) return;
    const { size } = DTYPES[dtype];
    if (isRowMajor(shape, strides) && isRowMajor(shape, placement.strides)) {
      const direct = matchesExactly(target, dtype);
      if (direct !== undefined) {
        const part = direct.subarray(placement.offset * size, (placement.offset + count) * size);
        await source.read(part, tensor.offset * size);
        return;
      }
      const step = Math.floor(PIECE_BYTES / size);
      await this.#borrow(Math.min(step, count) * size, async (scratch) => {
        for (let done = 0; done < count; done += step) {
          const piece = scratch.subarray(0, Math.min(step, count - done) * size);
          await source.read(piece, (tensor.offset + done) * size);
          decodeInto(piece, dtype, target, placement.offset + done, name);
        }
      });
      return;
    }
    await this.#borrow(span(shape, strides) * size, async (raw) => {
      await source.read(raw, tensor.offset * size);
      if (target instanceof Float32Array && dtype === 'float32') {
        const from = new Int32Array(raw.buffer, 0, raw.byteLength / size);
        const to = new Int32Array(target.buffer, target.byteOffset, target.length);
        copyStrided(from, { offset: 0, strides }, to, placement, shape);
        return;
      }
      const dense = gather(raw, tensor);
      await this.#borrow(count * target.BYTES_PER_ELEMENT, async (block) => {
        const numbers = sameKind(target, block);
        decodeInto(dense, dtype, numbers, 0, name);
        copyStrided(asElements(numbers), { offset: 0, strides: rowMajor(shape) }, asElements(target), placement, shape);
      });
    });
  }

  /**
   * The tensor's dense, row-major, little-endian bytes in its own element type.
   *
   * @param order - of the dimensions wanted, as `permute` of {@link read}.
   */
  async readRaw(name: string, order?: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
    const tensor = this.#find(name);
    const { size } = DTYPES[tensor.dtype];
    const raw = new Uint8Array(span(tensor.shape, tensor.strides) * size);
    await tensor.source.read(raw, tensor.offset * size);
    await tensor.source.settle?.();
    const { shape, strides } = tensor;
    const wanted =
      order === undefined
        ? tensor
        : { ...tensor, shape: order.map((d) => shape[d]!), strides: order.map((d) => strides[d]!) };
    return gather(raw, wanted);
  }

  async close(): Promise<void> {
    this.#scratch.length = 0;
    for (const source of this.#sources) await source.close();
  }

  /**
   * Lends scratch memory. Blocks are kept between calls: hundreds of short-lived blocks would stay in memory until the garbage collector
   * sees to them, and make the peak of a load unpredictable.
   */
  async #borrow(bytes: number, use: (scratch: Uint8Array<ArrayBuffer>) => Promise<void>): Promise<void> {
    // Whoever comes while all are lent gets a block of their own.
    let block = this.#scratch.pop();
    if (block === undefined || block.byteLength < bytes) block = new Uint8Array(bytes);
    try {
      await use(block.subarray(0, bytes));
    } finally {
      if (block.byteLength <= MAX_KEPT_BYTES && this.#scratch.length < KEPT_BLOCKS) this.#scratch.push(block);
    }
  }

  #find(name: string): StoredTensor {
    const tensor = this.#tensors.get(name);
    const skipped = this.skipped.get(name);
    if (tensor === undefined && skipped !== undefined) throw skippedError(this.path, skipped);
    if (tensor === undefined) {
      throw new InvalidArgumentError(
        'WeightFile.read',
        'name',
        name,
        `one of the ${this.#tensors.size} tensors of ${this.path}`,
      );
    }
    // As bytes or as float32, whichever is longer.
    checkArray(this.path, elementCount(tensor.shape) * Math.max(DTYPES[tensor.dtype].size, 4), 'it', name);
    return tensor;
  }

  #dtypeOf(tensor: StoredTensor, wanted: ReadDtype | undefined): ReadDtype {
    const dtype = wanted ?? DTYPES[tensor.dtype].natural;
    if (dtype === undefined) {
      throw new InvalidArgumentError(
        'WeightFile.read',
        `dtype of ${tensor.name}`,
        tensor.dtype,
        'a real type; readRaw gives the bytes',
      );
    }
    return dtype;
  }
}

/** The error of asking for what is not given as a tensor. */
export function skippedError(path: string, entry: SkippedEntry): WeightFormatError {
  if (entry.kind === 'object' && entry.tensors > 0) {
    return new RefusedPickleError(path, entry.type, 'object', entry.name);
  }
  return new WeightFormatError(path, `cannot be read: ${entry.reason}`, { entry: entry.name });
}

/** What numpy and PyTorch's own loops allow. */
const MAX_RANK = 64;

function checkBounds(path: string, { name, shape, strides, offset, dtype, source }: StoredTensor): void {
  const fail = (problem: string): never => {
    throw new WeightFormatError(path, problem, { entry: name });
  };
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (shape.length > MAX_RANK) fail(`its shape has ${shape.length} dimensions, at most ${MAX_RANK} are read; damaged`);
  if (!shape.every(whole)) fail(`its shape [${shape.join(', ')}] is damaged`);
  if (shape.length !== strides.length || !strides.every(whole) || !whole(offset))
    fail(`its strides [${strides.join(', ')}] are damaged`);
  const count = elementCount(shape);
  const stored = Math.floor(source.byteLength / DTYPES[dtype].size);
  const end = count === 0 ? 0 : offset + span(shape, strides);
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(end)) fail(`its shape [${shape.join(', ')}] is damaged`);
  if (end > stored)
    fail(
      `shape [${shape.join(', ')}] of ${dtype} needs ${end} elements, its storage has ${stored}; truncated or damaged`,
    );
  if (count > stored && count > MAX_REPEATED_ELEMENTS) {
    fail(`a view repeats ${stored} stored elements to ${count}; more than ${MAX_REPEATED_ELEMENTS} are refused`);
  }
}

/** Packs the elements of a view; `raw` starts at its first element. */
function gather(raw: Uint8Array<ArrayBuffer>, { shape, strides, dtype }: StoredTensor): Uint8Array<ArrayBuffer> {
  const { size } = DTYPES[dtype];
  if (isRowMajor(shape, strides)) return raw;
  const dense = new Uint8Array(elementCount(shape) * size);
  // complex128 moves as pairs of 8 bytes.
  const pair = size === 16;
  const dimensions = pair ? [...shape, 2] : shape;
  const from = pair ? [...strides.map((stride) => stride * 2), 1] : strides;
  const view = (bytes: Uint8Array<ArrayBuffer>): Elements => {
    if (size === 1) return bytes;
    if (size === 2) return new Uint16Array(bytes.buffer, 0, bytes.byteLength / 2);
    return size === 4
      ? new Int32Array(bytes.buffer, 0, bytes.byteLength / 4)
      : new BigInt64Array(bytes.buffer, 0, bytes.byteLength / 8);
  };
  copyStrided(
    view(raw),
    { offset: 0, strides: from },
    view(dense),
    { offset: 0, strides: rowMajor(dimensions) },
    dimensions,
  );
  return dense;
}

/** The target's bytes where the file's bytes can be read straight into them. */
function matchesExactly(target: WeightData, dtype: WeightDtype): Uint8Array | undefined {
  const same =
    (target instanceof Float32Array && dtype === 'float32') ||
    (target instanceof Int32Array && dtype === 'int32') ||
    (target instanceof Float64Array && dtype === 'float64');
  return same ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength) : undefined;
}

/** The block as an array of the target's kind. */
function sameKind(target: WeightData, block: Uint8Array<ArrayBuffer>): WeightData {
  const { buffer, byteLength } = block;
  if (target instanceof Float32Array) return new Float32Array(buffer, 0, byteLength / 4);
  if (target instanceof Float64Array) return new Float64Array(buffer, 0, byteLength / 8);
  return target instanceof Int32Array ? new Int32Array(buffer, 0, byteLength / 4) : block;
}

function asElements(data: WeightData): Elements {
  if (data instanceof Uint8Array) return data;
  const { buffer, byteOffset, byteLength } = data;
  return data instanceof Float64Array
    ? new BigInt64Array(buffer, byteOffset, byteLength / 8)
    : new Int32Array(buffer, byteOffset, byteLength / 4);
}
