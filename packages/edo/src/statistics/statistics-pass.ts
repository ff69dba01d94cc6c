/** What data say about the searched layers, from one run of the super-network a batch. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { SearchError } from '../errors/search-error';
import type { SearchNetwork } from '../network/search-network';
import type { LayerStatistics } from '../objectives/layer-statistics';
import { outputErrors } from '../objectives/output-error';
import { channelMeans } from './channel-means';

export interface StatisticsOptions {
  readonly inputMeans?: boolean;
  readonly outputErrors?: boolean;
  /** After each batch. */
  readonly onBatch?: (batches: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs batches through the super-network. Costs one forward pass of it a batch: see `outputErrors` for why the errors do.
 *
 * @param batches - float32 [N, H, W, C] each, disposed here. Every image counts the same, whatever its batch.
 * @returns by layer name.
 * @throws {@link SearchError} without batches.
 */
export async function statisticsPass(
  network: SearchNetwork,
  batches: Iterable<Tensor4D> | AsyncIterable<Tensor4D>,
  options: StatisticsOptions,
): Promise<Map<string, LayerStatistics>> {
  const sums = new Map<string, { means?: Float64Array; errors?: Float64Array; whole?: Float64Array }>();
  let images = 0;
  let count = 0;
  for await (const x of batches) {
    const size = x.shape[0];
    try {
      options.signal?.throwIfAborted();
      tf.tidy(() =>
        network.run(x, (layer, input) => {
          const own = sums.get(layer.name) ?? {};
          sums.set(layer.name, own);
          if (options.inputMeans === true) own.means = accumulate(own.means, channelMeans(input), size);
          if (options.outputErrors !== true) return undefined;
          const { y, errors, whole } = outputErrors(input, layer);
          own.errors = accumulate(own.errors, errors, size);
          own.whole = accumulate(own.whole, whole, size);
          return y;
        }),
      );
    } finally {
      x.dispose();
    }
    images += size;
    options.onBatch?.(++count);
  }
  if (images === 0) throw new SearchError('the statistics pass got no data: give at least one batch');
  const mean = (values: Float64Array) => values.map((value) => value / images);
  return new Map(
    [...sums].map(([name, { means, errors, whole }]) => [
      name,
      {
        ...(means !== undefined && { inputMeans: mean(means) }),
        ...(errors !== undefined && { outputErrors: { errors: mean(errors), whole: mean(whole!) } }),
      },
    ]),
  );
}

/** Adds values times weight, and lets go of them. */
function accumulate(sum: Float64Array | undefined, values: tf.Tensor, weight: number): Float64Array {
  const result = sum ?? new Float64Array(values.size);
  values.dataSync().forEach((value, i) => {
    result[i]! += weight * value;
  });
  values.dispose();
  return result;
}
