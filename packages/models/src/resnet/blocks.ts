/** What stands where in a ResNet: its blocks, and for each convolution the ones around it. */
import type { ResNetConfig } from '../config/resnet-config';
import type { BlockSpec, ConvSpec } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { FEATURES } from '../network/walk';
import type { ResNetFeature } from './resnet';

/** A residual block and its place. */
export interface ResNetBlock extends BlockSpec {
  /** 1 to 4, as in the names. */
  readonly stage: 1 | 2 | 3 | 4;
  /** `layer1` to `layer4`. */
  readonly stageName: string;
  /** The feature that its stage ends in. */
  readonly feature: ResNetFeature;
  /** Number in its stage, from 0. */
  readonly index: number;
  /** Of its convolutions together: 2 where the map is halved, else 1. */
  readonly stride: number;
}

/** A convolution and its place. */
export interface ResNetConv extends ConvSpec {
  /** Undefined for the stem. */
  readonly block?: ResNetBlock;
  /**
   * The convolution whose output, behind its norm and ReLU, is all of this one's input. Undefined for the stem and for those at the
   * beginning of a block, projections among them, which read a sum or a pooled map.
   */
  readonly previous?: ConvSpec;
  /** The only one that reads its output. Undefined for the stem and for those at the end of a block, projections among them. */
  readonly next?: ConvSpec;
  /** Pixels of the image for one of its output, on each axis. */
  readonly outputStride: number;
}

/** The residual blocks in forward order. @throws {@link InvalidArgumentError} */
export function resnetBlocks(config: ResNetConfig): ResNetBlock[] {
  return resolveResNet(config).stages.flatMap((stage, i) =>
    stage.blocks.map((block, index) => ({
      ...block,
      stage: (i + 1) as ResNetBlock['stage'],
      stageName: stage.name,
      feature: FEATURES[i]!,
      index,
      stride: strideOf(block.convs),
    })),
  );
}

/**
 * Every convolution in forward order, a block's projection after its other convolutions.
 *
 * @throws {@link InvalidArgumentError}
 * @example
 * ```ts
 * const convs = resnetConvs({ depth: 50 });
 * const { block, previous, next, outputStride } = convs.find(({ name }) => name === 'layer2.0.conv2')!;
 * // block.stage 2, block.index 0, previous.norm 'layer2.0.bn1', next.name 'layer2.0.conv3', outputStride 8
 * ```
 */
export function resnetConvs(config: ResNetConfig): ResNetConv[] {
  const { stem } = resolveResNet(config);
  const convs: ResNetConv[] = [{ ...stem, outputStride: stem.stride }];
  // Behind the pooling.
  let inputStride = 2 * stem.stride;
  for (const block of resnetBlocks(config)) {
    block.convs.forEach((spec, i) => {
      const [previous, next] = [block.convs[i - 1], block.convs[i + 1]];
      convs.push({
        ...spec,
        block,
        ...(previous !== undefined && { previous }),
        ...(next !== undefined && { next }),
        outputStride: inputStride * strideOf(block.convs.slice(0, i + 1)),
      });
    });
    inputStride *= block.stride;
    if (block.downsample !== undefined) convs.push({ ...block.downsample, block, outputStride: inputStride });
  }
  return convs;
}

const strideOf = (convs: readonly ConvSpec[]) => convs.reduce((product, { stride }) => product * stride, 1);
