/** The parts of the network that have weights. */
import { type HeadPlan, runHead, type StateDict } from '@icconv/models';
import type { Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { type BoxHeadOutput, boxStages } from '../roi-heads/box-head';
import { maskHeads, ofClass } from '../roi-heads/mask-head';
import { type RpnOutput, rpnHead, rpnOutput } from '../rpn/rpn-head';
import { featurePyramid } from './feature-pyramid';

/** The parts on tensors or compiled. */
export interface DetectorParts {
  /** P2 to P6 of float32 [N, H, W, 3]. */
  features(images: Tensor4D): Tensor4D[];
  rpn(features: readonly Tensor4D[]): RpnOutput;
  /** Of each stage, for pooled regions float32 [R, S, S, C]; R may be 0. */
  readonly boxHeads: readonly ((pooled: Tensor4D) => BoxHeadOutput)[];
  /**
   * Of the stages that have one, for pooled regions float32 [R, S, S, C] and their classes int32 [R], 0 to K - 1: logits of the class of
   * each, float32 [R, 2 S, 2 S]; R may be 0 on tensors.
   */
  readonly maskHeads: readonly ((pooled: Tensor4D, classes: Tensor1D) => Tensor3D)[];
}

export interface TensorParts extends DetectorParts {
  /** New running statistics of the batch norms that the parts run so far have trained, by their full names. */
  readonly statistics: Record<string, Tensor1D>;
}

/** @param training - batch norms that take the batch's statistics, by their full names. */
export function tensorParts(
  op: string,
  weights: StateDict,
  config: FasterRcnnConfig,
  training: boolean | ((norm: string) => boolean) = false,
): TensorParts {
  const statistics: Record<string, Tensor1D> = {};
  const run = <Output extends string>(x: Tensor4D, plan: HeadPlan<Output>) => {
    const head = runHead(op, weights, x, plan, { training });
    Object.assign(statistics, head.statistics);
    return head.outputs;
  };
  return {
    statistics,
    features(images) {
      const pyramid = featurePyramid(weights, images, config, training);
      Object.assign(statistics, pyramid.statistics);
      return pyramid.features;
    },
    rpn: (features) => rpnOutput(features, (map) => run(map, rpnHead(config))),
    boxHeads: boxStages(config).map(
      ({ head }) =>
        (pooled) =>
          run(pooled, head) as unknown as BoxHeadOutput,
    ),
    maskHeads: maskHeads(config).map(
      (head) => (pooled, classes) => ofClass(run(pooled, head).masks as Tensor4D, classes, config.mask!),
    ),
  };
}
