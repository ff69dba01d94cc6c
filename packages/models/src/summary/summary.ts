/** Sizes and costs of every layer, without a tensor. */
import { InvalidArgumentError, type Pair } from '@icconv/tensor-ops';
import type { ResNetConfig } from '../config/resnet-config';
import { filterShape } from '../layers/conv-layer';
import type { ConvSpec } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { FEATURES, type ResNetOutput, walkResNet } from '../network/walk';

export interface LayerSummary {
  readonly name: string;
  /** `7x7 conv`, `3x3 inception`, `9x9 super`, `max pool`, `linear`. */
  readonly kind: string;
  /** Distinct dilations; 0 for layers that are no inception convolutions. */
  readonly dilations: number;
  /** [H, W, C] for one image; [C] behind the average. */
  readonly output: readonly number[];
  /** Trained numbers, the batch norm's scale and shift included. */
  readonly params: number;
  /** Multiply-accumulates for one image; batch norms and additions, which inference folds away, are not counted. */
  readonly macs: number;
}

export interface NetworkCost {
  readonly params: number;
  readonly macs: number;
}

export interface NetworkSummary extends NetworkCost {
  readonly inputSize: Pair;
  readonly layers: readonly LayerSummary[];
  /** The same network with plain convolutions; the same numbers for inception, fewer than those of super-kernels. */
  readonly plain: NetworkCost;
}

type MapSize = readonly [height: number, width: number, channels: number];

/**
 * Layers in forward order with shapes, parameters and multiply-accumulates.
 *
 * @param inputSize - [height, width] of the image in pixels.
 * @throws {@link InvalidArgumentError}
 */
export function summary(config: ResNetConfig, inputSize: Pair): NetworkSummary {
  const valid = Array.isArray(inputSize) && inputSize.length === 2 && inputSize.every((v) => Number.isSafeInteger(v));
  if (!valid || inputSize[0] < 1 || inputSize[1] < 1) {
    throw new InvalidArgumentError('summary', 'inputSize', inputSize, '[height, width] in pixels');
  }
  const layers = layersOf(config, inputSize);
  return {
    inputSize,
    layers,
    ...total(layers),
    plain: total(layersOf({ ...config, conv: { kind: 'plain' } }, inputSize)),
  };
}

function total(layers: readonly LayerSummary[]): NetworkCost {
  const sum = (cost: (layer: LayerSummary) => number) => layers.reduce((all, layer) => all + cost(layer), 0);
  return { params: sum(({ params }) => params), macs: sum(({ macs }) => macs) };
}

function layersOf(config: ResNetConfig, [height, width]: Pair): LayerSummary[] {
  const plan = resolveResNet(config);
  const layers: LayerSummary[] = [];
  const returns = new Set<ResNetOutput>(plan.head === undefined ? FEATURES : [...FEATURES, 'logits']);
  walkResNet<MapSize>(plan, [height, width, plan.stem.inChannels], returns, {
    conv([h, w], spec) {
      const output = [Math.ceil(h / spec.stride), Math.ceil(w / spec.stride), spec.outChannels] as const;
      const weights = filterShape(spec).reduce((a, b) => a * b, 1);
      layers.push({
        name: spec.name,
        kind: `${spec.size}x${spec.size} ${spec.kind === 'plain' ? 'conv' : spec.kind}`,
        dilations: distinct(spec),
        output,
        params: weights + 2 * spec.outChannels,
        macs: output[0] * output[1] * weights,
      });
      return output;
    },
    maxPool([h, w, channels]) {
      const output = [Math.ceil(h / 2), Math.ceil(w / 2), channels] as const;
      layers.push({ name: 'maxpool', kind: 'max pool', dilations: 0, output, params: 0, macs: 0 });
      return output;
    },
    classify(_, { name, inChannels, classes }) {
      const weights = inChannels * classes;
      layers.push({
        name,
        kind: 'linear',
        dilations: 0,
        output: [classes],
        params: weights + classes,
        macs: weights,
      });
      return [1, 1, classes];
    },
  });
  return layers;
}

const distinct = ({ dilations = [] }: ConvSpec) => new Set(dilations.map((pair) => pair.join())).size;
