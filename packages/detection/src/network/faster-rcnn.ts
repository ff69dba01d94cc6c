/**
 * Faster R-CNN on tensors, for training and evaluation. For speed at inference see `compileFasterRcnn`.
 *
 * Letters: N images, H x W padded input. Vocabulary: `logits` are scores before sigmoid or softmax, `deltas` move a reference box onto a
 * target, `proposals` are the region proposal network's boxes, `RoI` a box that features are pooled from.
 */

import type { StateDict } from '@icconv/models';
import { multiLevelRoiAlign } from '@icconv/tensor-ops';
import type { Scalar, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { generateAnchors } from '../anchors/anchor-generator';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { Draw } from '../matching/sampler';
import { assignLevels } from '../roi-heads/assign-levels';
import { boxHeadLoss } from '../roi-heads/box-loss';
import { type GroundTruth, sampleProposals } from '../roi-heads/sample-proposals';
import { type Detections, selectDetections } from '../roi-heads/select-detections';
import { type Proposals, selectProposals } from '../rpn/proposals';
import type { RpnOutput } from '../rpn/rpn-head';
import { rpnLoss } from '../rpn/rpn-loss';
import { type DetectorParts, tensorParts } from './parts';

/** Height and width of an image inside the padded batch, pixels. */
export type ImageSize = readonly [number, number];

/** The four losses. All are finite, also for images without objects. */
export interface FasterRcnnLosses {
  readonly objectness: Scalar;
  readonly rpnBox: Scalar;
  readonly classification: Scalar;
  readonly box: Scalar;
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
  return detectWith(tensorParts('fasterRcnn', weights, config), images, sizes, config);
}

/** Detections of a batch by the given parts; see {@link fasterRcnn}. */
export function detectWith(
  parts: DetectorParts,
  images: Tensor4D,
  sizes: readonly ImageSize[],
  config: FasterRcnnConfig,
): Detections[] {
  return tf.tidy((() => {
    const features = parts.features(images);
    const rpn = parts.rpn(features);
    const anchors = anchorsOf(features, images, config);
    const proposals = sizes.map((size, image) => proposalsOfImage(rpn, anchors, image, size, config.rpn.test));
    const boxes = proposals.map((one) => one.boxes);
    return detectInProposals(parts, features, images, boxes, sizes, config);
  }) as () => never) as unknown as Detections[];
}

/** The second stage at inference: pooling, box head, selection. */
function detectInProposals(
  parts: DetectorParts,
  features: readonly Tensor4D[],
  images: Tensor4D,
  proposals: readonly Tensor2D[],
  sizes: readonly ImageSize[],
  config: FasterRcnnConfig,
): Detections[] {
  const pooled = poolRois(features, images, proposals, config);
  const { logits, deltas } = parts.boxHead(pooled);
  let start = 0;
  return proposals.map((boxes, image) => {
    const count = boxes.shape[0];
    const detections = selectDetections(
      tf.slice(logits, [start, 0], [count, -1]),
      tf.slice(deltas, [start, 0], [count, -1]),
      boxes,
      sizes[image]!,
      { ...config.roi.test, coderWeights: config.roi.coderWeights, background: config.roi.background },
    );
    start += count;
    return detections;
  });
}

/**
 * The losses of a batch, for `tf.variableGrads` and the like; differentiable for every weight but running statistics.
 *
 * @param images - as for {@link fasterRcnn}. @param truths - boxes in pixels of `images`.
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
    const { coderWeights, matcher, sampler } = config.roi;
    const samples = sizes.map((size, image) => {
      const { boxes } = proposalsOfImage(rpn, anchors, image, size, config.rpn.train);
      return sampleProposals(detach(boxes), truths[image]!, { matcher, sampler, coderWeights }, draw);
    });
    const pooled = poolRois(
      features,
      images,
      samples.map(({ boxes }) => boxes),
      config,
    );
    const { logits, deltas } = parts.boxHead(pooled);
    const second = boxHeadLoss(logits, deltas, samples, config.roi);
    const losses = { objectness: first.objectness, rpnBox: first.box, ...second };
    return { losses, statistics: parts.statistics };
  }) as () => never) as unknown as FasterRcnnResult;
}

/** The same values without their history: proposals are taken as given by the second stage (Ren et al., section 3.2). */
function detach(boxes: Tensor2D): Tensor2D {
  return tf.tensor2d(boxes.dataSync() as Float32Array, boxes.shape);
}

function anchorsOf(features: readonly Tensor4D[], images: Tensor4D, config: FasterRcnnConfig): Tensor2D[] {
  const [, height, width] = images.shape;
  const maps = features.map((map) => [map.shape[1], map.shape[2]] as const);
  // The stride of a level is what fits whole into the input, as torchvision computes it; for padded inputs it is 4, 8, 16, ...
  const strides = maps.map(([h, w]) => [Math.floor(height / h), Math.floor(width / w)] as const);
  return generateAnchors(config.rpn.anchors, maps, strides);
}

function proposalsOfImage(
  rpn: RpnOutput,
  anchors: readonly Tensor2D[],
  image: number,
  size: ImageSize,
  config: FasterRcnnConfig['rpn']['test'],
): Proposals {
  const logits = rpn.logits.map((level) => tf.reshape(tf.slice(level, [image, 0], [1, -1]), [-1]) as Tensor1D);
  const deltas = rpn.deltas.map((level) => tf.reshape(tf.slice(level, [image, 0, 0], [1, -1, 4]), [-1, 4]) as Tensor2D);
  return selectProposals(logits, deltas, anchors, size, config);
}

/** float32 [R, S, S, C], the RoIs of all images in their order. The coarsest level serves proposals only and is not pooled from. */
function poolRois(
  features: readonly Tensor4D[],
  images: Tensor4D,
  boxes: readonly Tensor2D[],
  config: FasterRcnnConfig,
): Tensor4D {
  const { levelRule, outputSize, samplingRatio, aligned } = config.roi;
  const pooledLevels = features.slice(0, levelRule.levels);
  const all = tf.concat(boxes as Tensor2D[]) as Tensor2D;
  const owners = tf.concat(boxes.map((one, image) => tf.fill([one.shape[0], 1], image))) as Tensor2D;
  const height = images.shape[1];
  // A map's scale is the power of two nearest to its size over the input's, whatever rounding did to the size.
  const spatialScales = pooledLevels.map((map) => 2 ** Math.round(Math.log2(map.shape[1] / height)));
  return multiLevelRoiAlign(pooledLevels, tf.concat([owners, all], 1) as Tensor2D, assignLevels(all, levelRule), {
    outputSize,
    samplingRatio,
    aligned,
    spatialScales,
  });
}
