/** What the networks of a search cost and see, for its report. */
import type { Dilation, DilationPattern } from '@icconv/inception-conv';
import {
  type EffectiveReceptiveField,
  effectiveReceptiveField,
  type StackLayer,
} from '@icconv/inception-conv/receptive-field';
import { type NetworkCost, type ResNetConfig, summary } from '@icconv/models';
import { plainConfig, superLayers } from '../network/resnet-layers';
import type { SearchReport } from './report-data';

/**
 * Parameters and multiply-accumulates of the plain, the super- and the searched network.
 *
 * @param config - of the super-network. @param size - [height, width] of the image in pixels.
 */
export function costTable(
  config: ResNetConfig,
  searched: ResNetConfig,
  size: readonly [number, number],
): NonNullable<SearchReport['cost']> {
  const networks: NetworkCost[] = [plainConfig(config), config, searched].map((one) => summary(one, size));
  const row = (what: string, value: (cost: NetworkCost) => string) =>
    [what, ...networks.map(value)] as unknown as NonNullable<SearchReport['cost']>[number];
  return [
    row('parameters', ({ params }) => `${(params / 1e6).toFixed(2)} M`),
    row(`multiply-accumulates at ${size.join('x')}`, ({ macs }) => `${(macs / 1e9).toFixed(2)} G`),
  ];
}

/** Channels of the random stacks that receptive fields are measured on. */
const CHANNELS = 32;
/** Pixels on each axis; the fields of deep networks fade before. */
const SIZE = 193;

/**
 * The field of the searched layers on top of each other, with the strides between them, plain and searched.
 *
 * @param config - of the super-network.
 */
export async function receptiveFields(
  config: ResNetConfig,
  pattern: DilationPattern,
): Promise<{ plain: EffectiveReceptiveField; searched: EffectiveReceptiveField }> {
  const layers = superLayers(config);
  const stack = (dilationsOf: (layer: number) => readonly Dilation[]): StackLayer[] =>
    layers.map(({ kernelSize, stride, outputStride }, i) => {
      const all = dilationsOf(i);
      const sample = Array.from({ length: CHANNELS }, (_, c) => all[Math.floor((c * all.length) / CHANNELS)]!);
      // All that strides since the searched layer before; what is in front of the first is not shown.
      const since = i === 0 ? stride : outputStride / layers[i - 1]!.outputStride;
      return { kernelSize, stride: since, dilations: sample };
    });
  const options = { size: SIZE, trials: 2 };
  return {
    plain: await effectiveReceptiveField(
      stack(() => [[1, 1]]),
      options,
    ),
    searched: await effectiveReceptiveField(
      stack((i) => sorted(pattern.layers[i]!.dilations)),
      options,
    ),
  };
}

/** By dilation, so that an even sample has each in its share. */
const sorted = (dilations: readonly Dilation[]) => [...dilations].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
