/** State dicts of TensorFlow.js tensors in files: flat records keyed by PyTorch's names, in TensorFlow's layouts. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { InvalidArgumentError } from '../errors';
import type { LayoutRule } from './convert/layouts';
import type { InceptionCounts, WeightLayout } from './convert/types';
import { type LazyTensor, targetDtype, toWritable } from './convert/writable';
import type { WeightDtype } from './dtypes';
import { type OpenWeightsOptions, withWeights } from './open';
import { type ReadStateDictOptions, readStateDict } from './read-state-dict';
import { type SaveOptions, saveTensors } from './save';
import type { StateDict } from './types';

export interface LoadStateDictOptions extends OpenWeightsOptions, ReadStateDictOptions {}

/**
 * Loads a state dict from a safetensors file (also sharded) or a PyTorch checkpoint.
 *
 * Floats become float32 tensors, integers int32, bool bool. A tensor is read while the one before is put in order: the memory is that of
 * the result and of two tensors more. The caller owns the tensors.
 *
 * @param source - path, file URL, or bytes; `readStateDict` takes a file that is open already.
 * @returns tensors by PyTorch name in TensorFlow's layouts: filters HWIO, matrices [in, out].
 * @throws WeightFormatError for a damaged file, RefusedPickleError for one that holds Python objects of unknown classes,
 *   StateDictMismatchError when names or shapes do not fit or the state dict is not found.
 */
export async function loadStateDict(
  source: string | URL | Uint8Array,
  options: LoadStateDictOptions = {},
): Promise<StateDict> {
  return withWeights(source, options, (file) => readStateDict(file, options));
}

export interface SaveStateDictOptions extends SaveOptions {
  /** Order of dimensions in the file. Default: `pytorch`, so that other programs can load it. */
  readonly layout?: WeightLayout;
  /** Element type of float tensors in the file. Default: float32. */
  readonly dtype?: Extract<WeightDtype, 'float32' | 'float16' | 'bfloat16'>;
  readonly rules?: readonly LayoutRule[];
  /** Splits these layers into the branches that published inception checkpoints have, by the pattern's counts. */
  readonly inceptionCounts?: InceptionCounts;
  /** Put before every name. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
}

/**
 * Saves tensors as safetensors or as a PyTorch checkpoint that `torch.load(path, weights_only=True)` accepts.
 *
 * Tensors are read back and written one by one; the file appears under its name when it is complete.
 *
 * @returns the path written: the index when the file is sharded.
 */
export async function saveStateDict(
  weights: Readonly<StateDict>,
  path: string,
  options: SaveStateDictOptions = {},
): Promise<string> {
  const { layout = 'pytorch', rules, inceptionCounts, prefix = '' } = options;
  const writable = Object.entries(weights).flatMap(([name, tensor]) => {
    const lazy: LazyTensor = {
      name,
      shape: tensor.shape,
      dtype: targetDtype(fileDtype(name, tensor), options.dtype),
      async read() {
        options.signal?.throwIfAborted();
        return (await tensor.data()) as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
      },
    };
    return toWritable(lazy, { from: 'tensorflow', to: layout, rules, inceptionCounts, path });
  });
  const named = writable.map((tensor) => ({ ...tensor, name: prefix + tensor.name }));
  return saveTensors(path, named, layout, options);
}

function fileDtype(name: string, { dtype }: Tensor): WeightDtype {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new InvalidArgumentError('saveStateDict', `dtype of ${name}`, dtype, 'float32, int32 or bool');
}
