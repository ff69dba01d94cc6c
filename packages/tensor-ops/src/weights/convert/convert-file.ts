/** Converts one weight file into another, tensor by tensor: the memory is that of the largest tensor, not of the file. */
import { DTYPES, encode, type ReadDtype, type WeightDtype } from '../dtypes';
import { type OpenWeightsOptions, openWeights } from '../open';
import { type SaveOptions, saveTensors } from '../save';
import type { WeightFile } from '../weight-file';
import type { WritableTensor } from '../writable';
import { fileLayout, resolveCounts, unreadableOf } from './file-facts';
import type { LayoutRule } from './layouts';
import { type PlannedTensor, planConversion, readPlanned } from './plan';
import { type SelectOptions, selectStateDict } from './select';
import type { InceptionCounts, WeightLayout } from './types';
import { targetDtype, toWritable } from './writable';

export interface ConvertOptions extends OpenWeightsOptions, SelectOptions, Omit<SaveOptions, 'container'> {
  /** PyTorch: key that holds the state dict in the output. Default: none, or `state_dict` when there is metadata. */
  readonly into?: string;
  /** Element type for all floats. Default: each as it is. */
  readonly dtype?: WeightDtype;
  /** Order of dimensions in the input. Default: what a safetensors header says, else `pytorch`. */
  readonly fromLayout?: WeightLayout;
  /** Order of dimensions in the output. Default: `pytorch`, which other programs expect. */
  readonly toLayout?: WeightLayout;
  readonly rules?: readonly LayoutRule[];
  /** Inception branches, `<layer>.conv_list.<n>`: `join` them to one filter, `split` filters into them, or `keep` the names. Default: `keep`. */
  readonly branches?: 'join' | 'split' | 'keep';
  /**
   * Counts of each inception layer's branches, by layer, or as a list in forward order. Needed to join and to split. To split, a list is for
   * the layers named `conv2`, which are those of the published ResNets.
   */
  readonly inceptionCounts?: InceptionCounts | readonly (readonly number[])[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: {
    readonly tensors: number;
    readonly totalTensors: number;
    readonly name: string;
  }) => void;
}

export interface ConvertReport {
  /** The file written, or the index of several. */
  readonly path: string;
  readonly tensors: number;
  readonly bytes: number;
  readonly container: string;
  readonly strippedPrefixes: readonly string[];
  readonly ignored: readonly string[];
  readonly joined: readonly string[];
  /** Tensors that are not in the output, since they cannot be read, and why. */
  readonly unreadable: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads `input`, finds the state dict in it, and writes it to `output`, whose ending gives the format.
 *
 * Tensors keep their bits unless the element type or the layout changes. The output appears when it is complete.
 *
 * @throws WeightFormatError, RefusedPickleError, StateDictMismatchError, InvalidArgumentError.
 */
export async function convertWeights(
  input: string,
  output: string,
  options: ConvertOptions = {},
): Promise<ConvertReport> {
  const { branches = 'keep', toLayout = 'pytorch', rules } = options;
  const file = await openWeights(input, options);
  try {
    const from = options.fromLayout ?? fileLayout(file);
    const selection = selectStateDict(file, options);
    const counts = resolveCounts(options.inceptionCounts, selection.entries.keys(), file);
    const join = branches === 'join';
    const plan = planConversion(file.path, selection, {
      from,
      to: toLayout,
      rules,
      keepAll: true,
      keepBranches: !join,
      inceptionCounts: join ? counts : undefined,
    });
    const layouts = { from: toLayout, to: toLayout, rules, path: file.path };
    const split = branches === 'split' ? { ...layouts, inceptionCounts: counts ?? {} } : undefined;
    const writable = plan.tensors.flatMap((tensor): WritableTensor[] => {
      const dtype = targetDtype(tensor.dtype, options.dtype);
      if (split === undefined)
        return [{ name: tensor.name, shape: tensor.shape, dtype, read: () => readAs(file, tensor, dtype) }];
      return toWritable({ ...tensor, dtype, read: () => readPlanned(file, tensor, exactDtype(tensor.dtype)) }, split);
    });
    let tensors = 0;
    let bytes = 0;
    const watched = writable.map((tensor) => ({
      ...tensor,
      async read() {
        options.signal?.throwIfAborted();
        const data = await tensor.read();
        bytes += data.byteLength;
        tensors++;
        options.onProgress?.({ tensors, totalTensors: writable.length, name: tensor.name });
        return data;
      },
    }));
    const { container: _, into, ...saving } = options;
    const path = await saveTensors(
      output,
      watched,
      toLayout,
      into === undefined ? saving : { ...saving, container: into },
    );
    const { container, strippedPrefixes, ignored } = selection;
    const unreadable = unreadableOf(selection);
    return { path, tensors, bytes, container, strippedPrefixes, ignored, joined: plan.joined, unreadable };
  } finally {
    await file.close();
  }
}

async function readAs(file: WeightFile, tensor: PlannedTensor, dtype: WeightDtype): Promise<Uint8Array> {
  // Moved bit by bit, so that types which are not made from numbers keep their values too.
  if (tensor.parts.length === 1 && dtype === tensor.dtype) return file.readRaw(tensor.parts[0]!.name, tensor.order);
  return encode(await readPlanned(file, tensor, exactDtype(tensor.dtype)), dtype, tensor.name);
}

/** A type that holds every value of `dtype`. */
function exactDtype(dtype: WeightDtype): ReadDtype | undefined {
  return DTYPES[dtype].size === 8 && DTYPES[dtype].natural !== undefined ? 'float64' : undefined;
}
