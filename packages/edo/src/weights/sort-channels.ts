/** Channels sorted by dilation, as the published count files want them, with the function of the network kept. */
import type { DilationPattern, LayerPattern } from '@icconv/inception-conv';
import { type ConvSpec, NORM_PARTS, type ResNetConfig, resnetConvs, type StateDict } from '@icconv/models';
import * as tf from '@tensorflow/tfjs-core';
import { SearchError } from '../errors/search-error';
import { type PrefixOptions, requireWeight } from '../network/super-weights';

/** Order of units by dilation (height, then width), equal ones in their order. */
function dilationOrder({ dilations }: LayerPattern): number[] {
  return dilations
    .map((_, i) => i)
    .sort((a, b) => dilations[a]![0] - dilations[b]![0] || dilations[a]![1] - dilations[b]![1] || a - b);
}

/**
 * Sorts the channels of every inception layer by dilation: its filter, its batch norm, and the next convolution's input alike. With groups,
 * whole groups move, and the convolution before, whose channels they read, with them. The pattern can then be written as counts
 * (`formatPatternCounts`), and the weights belong to it.
 *
 * @param config - the inception network's.
 * @returns all weights as tensors of their own, and the sorted config; the caller disposes them.
 * @throws {@link SearchError} for a layer whose outputs are added to a shortcut or split to several readers (the second convolution of a
 *   basic block, the stem): its channels cannot move. `formatPattern` writes such patterns in channel order.
 */
export function sortChannels(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  { prefix = '' }: PrefixOptions = {},
): { readonly weights: StateDict; readonly config: ResNetConfig; readonly pattern: DilationPattern } {
  const { conv } = config;
  if (conv === undefined || Array.isArray(conv) || !('pattern' in conv) || typeof conv.pattern === 'string') {
    throw new SearchError(
      'sortChannels: the config must have one inception choice with a pattern of its own, as cropWeights gives it',
    );
  }
  const specs = resnetConvs(config).filter(({ kind }) => kind === 'inception');
  const result = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, tensor.clone()]));
  const permute = (name: string, order: readonly number[], axis: number) => {
    const old = requireWeight(result, prefix + name);
    result[prefix + name] = tf.tidy(() => tf.gather(old, tf.tensor1d([...order], 'int32'), axis));
    old.dispose();
  };
  const outputs = ({ name, norm }: ConvSpec, order: readonly number[]) => {
    permute(`${name}.weight`, order, 3);
    for (const part of NORM_PARTS) permute(`${norm}.${part}`, order, 0);
  };
  try {
    const layers = conv.pattern.layers.map((layer, i): LayerPattern => {
      const spec = specs[i]!;
      const { name, previous, next, outChannels } = spec;
      if (next === undefined) {
        throw new SearchError(
          `${name}: its output is summed with a shortcut or read in several places, so its channels cannot be sorted; write the pattern with formatPattern`,
        );
      }
      const order = dilationOrder(layer);
      const share = outChannels / order.length;
      const channels = order.flatMap((unit) => Array.from({ length: share }, (_, j) => unit * share + j));
      outputs(spec, channels);
      permute(`${next.name}.weight`, channels, 2);
      // A group reads its own inputs: as many channels of the convolution before, in the same order.
      if (share > 1) outputs(previous!, channels);
      return { ...layer, dilations: order.map((unit) => layer.dilations[unit]!) };
    });
    const pattern = { ...conv.pattern, layers };
    return { weights: result, config: { ...config, conv: { ...conv, pattern } }, pattern };
  } catch (error) {
    tf.dispose(result);
    throw error;
  }
}
