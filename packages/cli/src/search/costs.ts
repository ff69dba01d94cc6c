/** What the networks of a search cost, by count and by measurement. */
import { type KernelCost, measureKernelCost, plainConfig, type SearchNetwork, superLayers } from '@icconv/edo';
import type { SearchReport } from '@icconv/edo/report';
import type { Dilation, DilationPattern } from '@icconv/inception-conv';
import {
  type EffectiveReceptiveField,
  effectiveReceptiveField,
  type StackLayer,
} from '@icconv/inception-conv/receptive-field';
import { type NetworkCost, type ResNetConfig, summary } from '@icconv/models';

/** Times the inception kernel of every searched layer for one image. */
export async function kernelCosts(
  config: ResNetConfig,
  network: SearchNetwork,
  size: readonly [number, number],
): Promise<KernelCost[]> {
  const outputs = new Map(summary(plainConfig(config), size).layers.map(({ name, output }) => [name, output]));
  const costs: KernelCost[] = [];
  for (const { name, filter, kernelSize, groups, stride, maxDilation } of network.layers) {
    const [height, width] = outputs.get(name)! as [number, number, number];
    const [, , inChannels, outChannels] = filter.shape;
    costs.push(
      await measureKernelCost({
        name,
        filter: [kernelSize, kernelSize, inChannels, outChannels],
        groups,
        stride,
        input: [1, height * stride, width * stride, inChannels * groups],
        maxDilation,
      }),
    );
  }
  return costs;
}

/** Parameters and multiply-accumulates of the plain, the super- and the searched network. */
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

/** The field of the searched layers on top of each other, strides among them, plain and searched. */
export async function receptiveFields(
  config: ResNetConfig,
  network: SearchNetwork,
  pattern: DilationPattern,
): Promise<{ plain: EffectiveReceptiveField; searched: EffectiveReceptiveField }> {
  // In stages of basic blocks the stride is in front of the searched layer.
  const stages = new Set<string>();
  const stack = (dilationsOf: (layer: number) => readonly Dilation[]): StackLayer[] => {
    stages.clear();
    return superLayers(config).map(({ name, kernelSize }, i) => {
      const stage = /layer\d/.exec(name)?.[0] ?? name;
      const first = stages.size > 0 && !stages.has(stage);
      stages.add(stage);
      const stride = Math.max(network.layers[i]!.stride, first ? 2 : 1);
      const all = dilationsOf(i);
      const sample = Array.from({ length: CHANNELS }, (_, c) => all[Math.floor((c * all.length) / CHANNELS)]!);
      return { kernelSize, stride, dilations: sample };
    });
  };
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
