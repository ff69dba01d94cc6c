/** From an open file to TensorFlow.js tensors: a flat record keyed by PyTorch's names, in TensorFlow's layouts. Needs no file access. */
import { getBackend, tensor as makeTensor, type Tensor, transpose } from '@tensorflow/tfjs-core';
import type { ShapeDifference } from '../errors';
import { fileLayout, resolveCounts, unreadableOf } from './convert/file-facts';
import type { LayoutRule } from './convert/layouts';
import { matchStateDict, requireMatch } from './convert/match';
import { type PlannedTensor, planConversion, readPlanned } from './convert/plan';
import { type SelectOptions, selectStateDict } from './convert/select';
import type { InceptionCounts, WeightLayout } from './convert/types';
import { DTYPES, type WeightData } from './dtypes';
import { elementCount } from './strided';
import type { StateDict } from './types';
import { skippedError, type WeightFile } from './weight-file';

export interface ReadStateDictOptions extends SelectOptions {
  /** Order of dimensions in the file. Default: what a safetensors header says, else `pytorch`. */
  readonly layout?: WeightLayout;
  /** Rules looked at before the table's own, for names that it does not know. */
  readonly rules?: readonly LayoutRule[];
  /** Joins inception branches (`<layer>.conv_list.<n>`): the pattern's counts by layer, or as a list in forward order. */
  readonly inceptionCounts?: InceptionCounts | readonly (readonly number[])[];
  /** Another name for a tensor, or undefined to leave it out; sees names after prefixes are gone and branches joined. */
  readonly rename?: (name: string) => string | undefined;
  /** Shapes that the model expects, in TensorFlow's layouts. Default: whatever is there is loaded. */
  readonly expected?: Readonly<Record<string, readonly number[]>>;
  /** With `expected`: missing and unknown names are errors. Default: true. When false, unknown ones are left out. */
  readonly strict?: boolean;
  /** With `expected`: tensors of another shape are left out (and reported) instead of being an error. Default: false. */
  readonly skipMismatched?: boolean;
  /** Told what was done, before the data is read. */
  readonly onReport?: (report: StateDictReport) => void;
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number }) => void;
  readonly signal?: AbortSignal;
}

/** What became of a file's tensors. */
export interface StateDictReport {
  readonly path: string;
  /** Keys that led to the state dict, joined by dots; empty at the top level. */
  readonly container: string;
  readonly strippedPrefixes: readonly string[];
  /** Names of the result. */
  readonly loaded: readonly string[];
  /** Outside the container or the prefix, by the file's own names. */
  readonly ignored: readonly string[];
  /** Left out by a layout rule (`num_batches_tracked`) or by `rename`. */
  readonly dropped: readonly string[];
  /** Joined from inception branches. */
  readonly joined: readonly string[];
  /** Inception layers that the file has as one plain filter: a plain checkpoint gives an inception model its start. */
  readonly plain: readonly string[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly ShapeDifference[];
  /** Tensors of the state dict that cannot be read, and why. */
  readonly unreadable: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads a state dict from an open file, which stays open.
 *
 * Floats become float32 tensors, integers int32, bool bool. A tensor is read while the one before is put in order: the memory is that of
 * the result and of two tensors more. The caller owns the tensors.
 *
 * @returns tensors by PyTorch name in TensorFlow's layouts: filters HWIO, matrices [in, out].
 * @throws StateDictMismatchError when names or shapes do not fit or the state dict is not found; WeightFormatError for a damaged file.
 */
export async function readStateDict(file: WeightFile, options: ReadStateDictOptions = {}): Promise<StateDict> {
  const { path } = file;
  const selection = selectStateDict(file, options);
  const inceptionCounts = resolveCounts(options.inceptionCounts, selection.entries.keys(), file);
  const plan = planConversion(path, selection, {
    from: options.layout ?? fileLayout(file),
    to: 'tensorflow',
    rules: options.rules,
    inceptionCounts,
    rename: options.rename,
  });
  const expected = options.expected ?? Object.fromEntries(plan.tensors.map(({ name, shape }) => [name, shape]));
  const match = matchStateDict(plan.tensors, expected);
  const { strict = true, skipMismatched = false, rename = (name: string) => name } = options;
  if (strict) {
    const missing = new Set(match.missing);
    for (const [name, entry] of selection.unreadable) {
      if (missing.has(rename(name) ?? '')) throw skippedError(path, entry);
    }
  }
  requireMatch(path, match, { strict, skipMismatched });
  const { matched, missing, unexpected, mismatched } = match;
  const { container, strippedPrefixes, ignored } = selection;
  const { dropped, joined } = plan;
  const layers = Object.keys(inceptionCounts ?? {}).map((layer) => `${layer}.weight`);
  const plain = layers.filter((name) => selection.entries.has(name));
  const loaded = matched.map(({ name }) => name);
  options.onReport?.({
    path,
    container,
    strippedPrefixes,
    loaded,
    ignored,
    dropped,
    joined,
    plain,
    missing,
    unexpected,
    mismatched,
    unreadable: unreadableOf(selection),
  });

  const totalBytes = matched.reduce((sum, { parts }) => sum + parts.reduce((bytes, part) => bytes + part.bytes, 0), 0);
  let bytes = 0;
  const tensors: [string, Tensor][] = [];
  try {
    // The next one is read from the file while this one is put in order.
    let next: Promise<WeightData> | undefined;
    // Settled before the first is read: the backend may be another one by the time of the last.
    const inFile = matched.map(asRead);
    for (const [i, planned] of matched.entries()) {
      options.signal?.throwIfAborted();
      const reading = next ?? readPlanned(file, inFile[i]!);
      next = inFile[i + 1] && readPlanned(file, inFile[i + 1]!);
      // Where this one fails, nobody waits for the next.
      next?.catch(() => {});
      const data = await reading;
      tensors.push([planned.name, toTensor(data, inFile[i]!, planned)]);
      bytes += planned.parts.reduce((sum, part) => sum + part.bytes, 0);
      options.onProgress?.({ bytes, totalBytes });
    }
  } catch (error) {
    for (const [, tensor] of tensors) tensor.dispose();
    throw error;
  }
  return Object.fromEntries(tensors);
}

/** Filters of fewer weights are in order before TensorFlow has been called. */
const MANY = 2 ** 14;

/** TensorFlow changes the order of dimensions on all cores, JavaScript on one: a large filter is read in the order of the file where it can. */
function asRead(planned: PlannedTensor): PlannedTensor {
  const { parts, order, shape, dtype } = planned;
  const turned = parts.length === 1 && order.some((d, k) => d !== k);
  const large = DTYPES[dtype].natural === 'float32' && elementCount(shape) >= MANY;
  if (!turned || !large || getBackend() !== 'tensorflow') return planned;
  return { ...planned, shape: parts[0]!.shape, order: order.map((_, d) => d) };
}

function toTensor(data: WeightData, read: PlannedTensor, planned: PlannedTensor): Tensor {
  if (data instanceof Int32Array) return makeTensor(data, [...read.shape], 'int32');
  // No type of file is read as float64 unless asked for.
  const dtype = data instanceof Uint8Array ? 'bool' : 'float32';
  const tensor = makeTensor(data as Float32Array | Uint8Array, [...read.shape], dtype);
  if (read === planned) return tensor;
  try {
    return transpose(tensor, [...planned.order]);
  } finally {
    tensor.dispose();
  }
}
