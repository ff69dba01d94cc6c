/**
 * Faster R-CNN, with or without masks and cascade, on tensors, for training and evaluation. For speed at inference see `compileFasterRcnn`.
 *
 * Letters: N images, H x W padded input. Vocabulary: `logits` are scores before sigmoid or softmax, `deltas` move a reference box onto a
 * target, `proposals` are the region proposal network's boxes, `RoI` a box that features are pooled from.
 */

import type { StateDict } from '@icconv/models';
import { runSteps, type Steps } from '@icconv/tensor-ops';
import type { Scalar, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { generateAnchors } from '../anchors/anchor-generator';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { Draw } from '../matching/sampler';
import type { GroundTruth } from '../roi-heads/sample-proposals';
import type { Detections } from '../roi-heads/select-detections';
import { type ProposalCandidates, proposalCandidates, suppressProposals } from '../rpn/proposals';
import type { RpnOutput } from '../rpn/rpn-head';
import { rpnLoss } from '../rpn/rpn-loss';
import { type DetectorParts, tensorParts } from './parts';
import { detached, detectInProposals, type ImageSize, type SecondStageLosses, secondStageLosses } from './second-stage';

export type { ImageSize };

/** The losses; those of a cascade are the weighted sums of its stages'. All are finite, also for images without objects. */
export interface FasterRcnnLosses extends SecondStageLosses {
  readonly objectness: Scalar;
  readonly rpnBox: Scalar;
}

interface FasterRcnnResult {
  readonly losses: FasterRcnnLosses;
  readonly statistics: Record<string, Tensor1D>;
}

/**
 * Detections of a batch.
 *
 * @param images - float32 [N, H, W, 3], normalised and padded as `config.input` says.
 * @param sizes - of each image without the padding.
 * @returns for each image boxes in pixels of `images`; the caller disposes the tensors.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape.
 */
export function fasterRcnn(
  weights: StateDict,
  images: Tensor4D,
  sizes: readonly ImageSize[],
  config: FasterRcnnConfig,
): Detections[] {
  return runSteps(detectionSteps(tensorParts('fasterRcnn', weights, config), images, sizes, config));
}

/** Detections of a batch by the given parts; see {@link fasterRcnn}. Before each step stands what portable kernels read in it. */
export function* detectionSteps(
  parts: DetectorParts,
  images: Tensor4D,
  sizes: readonly ImageSize[],
  config: FasterRcnnConfig,
): Steps<Detections[]> {
  const features = parts.features(images);
  const rpn = parts.rpn(features);
  const anchors = anchorsOf(features, images, config);
  const { test } = config.rpn;
  const candidates = sizes.map((size, image) => candidatesOfImage(rpn, anchors, image, size, test));
  yield { keep: features, read: candidates };
  const proposals = candidates.map((own) => suppressProposals(own, test).boxes);
  return yield* detectInProposals(parts, { features, images, sizes }, proposals, config);
}

/**
 * The losses of a batch, for `tf.variableGrads` and the like; differentiable for every weight but running statistics.
 *
 * @param images - as for {@link fasterRcnn}. @param truths - boxes in pixels of `images`, with masks where the network has them.
 * @param draw - chance of the two samplers.
 * @param training - batch norms that take the batch's statistics, by their full names; others are frozen.
 * @returns the losses, and new running statistics by their full names; the caller disposes them.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape.
 */
export function fasterRcnnLosses(
  weights: StateDict,
  images: Tensor4D,
  sizes: readonly ImageSize[],
  truths: readonly GroundTruth[],
  config: FasterRcnnConfig,
  draw: Draw,
  training: boolean | ((norm: string) => boolean) = false,
): FasterRcnnResult {
  const parts = tensorParts('fasterRcnnLosses', weights, config, training);
  return tf.tidy((() => {
    const features = parts.features(images);
    const rpn = parts.rpn(features);
    const anchors = anchorsOf(features, images, config);
    const first = rpnLoss(
      tf.concat(rpn.logits, 1) as Tensor2D,
      tf.concat(rpn.deltas, 1) as Tensor3D,
      tf.concat(anchors) as Tensor2D,
      truths.map(({ boxes }) => boxes),
      config.rpn,
      draw,
    );
    const { train } = config.rpn;
    const proposals = sizes.map((size, image) =>
      detached(suppressProposals(candidatesOfImage(rpn, anchors, image, size, train), train).boxes),
    );
    const second = secondStageLosses(parts, { features, images, sizes }, proposals, truths, config, draw);
    const losses = { objectness: first.objectness, rpnBox: first.box, ...second };
    return { losses, statistics: parts.statistics };
  }) as () => never) as unknown as FasterRcnnResult;
}

function anchorsOf(features: readonly Tensor4D[], images: Tensor4D, config: FasterRcnnConfig): Tensor2D[] {
  const [, height, width] = images.shape;
  const maps = features.map((map) => [map.shape[1], map.shape[2]] as const);
  // The stride of a level is what fits whole into the input, as torchvision computes it; for padded inputs it is 4, 8, 16, ...
  const strides = maps.map(([h, w]) => [Math.floor(height / h), Math.floor(width / w)] as const);
  return generateAnchors(config.rpn.anchors, maps, strides);
}

function candidatesOfImage(
  rpn: RpnOutput,
  anchors: readonly Tensor2D[],
  image: number,
  size: ImageSize,
  config: FasterRcnnConfig['rpn']['test'],
): ProposalCandidates {
  const logits = rpn.logits.map((level) => tf.reshape(tf.slice(level, [image, 0], [1, -1]), [-1]) as Tensor1D);
  const deltas = rpn.deltas.map((level) => tf.reshape(tf.slice(level, [image, 0, 0], [1, -1, 4]), [-1, 4]) as Tensor2D);
  return proposalCandidates(logits, deltas, anchors, size, config);
}
