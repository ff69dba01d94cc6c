/**
 * What is made of proposals: pooling, box heads (one, or a cascade of them), and masks. Letters: N images, R regions, D detections.
 */
import { boxCandidates, multiLevelRoiAlign, type Steps } from '@icconv/tensor-ops';
import type { Scalar, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { LOG_SCALE_LIMIT } from '../boxes/box-coder';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { Draw } from '../matching/sampler';
import { assignLevels } from '../roi-heads/assign-levels';
import { type BoxHeadOutput, type BoxStage, boxStages } from '../roi-heads/box-head';
import { boxHeadLoss } from '../roi-heads/box-loss';
import { foregroundBoxes, maskLoss, maskTargets } from '../roi-heads/mask-loss';
import { type GroundTruth, type SampledProposals, sampleProposals } from '../roi-heads/sample-proposals';
import { type Detections, detectionCandidates, suppressDetections } from '../roi-heads/select-detections';
import type { DetectorParts } from './parts';

/** Height and width of an image inside the padded batch, pixels. */
export type ImageSize = readonly [number, number];

/** What the heads look at. */
export interface PooledFrom {
  /** P2 and coarser. */
  readonly features: readonly Tensor4D[];
  /** float32 [N, H, W, 3]. */
  readonly images: Tensor4D;
  /** Of each image without the padding. */
  readonly sizes: readonly ImageSize[];
}

/** Steps of which nothing but the detections is left. @param proposals - of each image, float32 [R, 4]; made by a step before. */
export function* detectInProposals(
  parts: DetectorParts,
  from: PooledFrom,
  proposals: readonly Tensor2D[],
  config: FasterRcnnConfig,
): Steps<Detections[]> {
  const { features } = from;
  const stages = boxStages(config);
  const { outputSize, test, background } = config.roi;
  const logits: Tensor2D[] = [];
  let boxes = proposals;
  let deltas: Tensor2D | undefined;
  for (const i of stages.keys()) {
    if (deltas !== undefined) boxes = refined(boxes, deltas, from.sizes, stages[i - 1]!);
    const regions = regionsOf(boxes, config);
    yield { keep: { features, boxes, logits }, read: regions };
    const output = parts.boxHeads[i]!(poolRois(from, regions, config, outputSize));
    logits.push(output.logits);
    deltas = output.deltas;
  }
  const { coderWeights } = stages.at(-1)!;
  const rows = ofImages(boxes);
  const scores = averagedLogits(logits, config);
  const selection = { ...test, coderWeights, background };
  const candidates = boxes.map((own, image) =>
    detectionCandidates(rows(scores, image), rows(deltas!, image), own, from.sizes[image]!, selection),
  );
  yield { keep: features, read: candidates };
  const detections = candidates.map((own) => suppressDetections(own, selection));
  return config.mask === undefined ? detections : yield* withMasks(parts, from, detections, config);
}

/** Class logits whose softmax is the averaged one, or that are averaged themselves. */
function averagedLogits(logits: readonly Tensor2D[], { roi: { cascade } }: FasterRcnnConfig): Tensor2D {
  if (cascade === undefined) return logits[0]!;
  const mean = (values: readonly Tensor2D[]) => tf.div(tf.addN([...values]), values.length) as Tensor2D;
  if (cascade.average === 'logits') return mean(logits);
  return tf.log(mean(logits.map((one) => tf.softmax(one))));
}

function* withMasks(
  parts: DetectorParts,
  from: PooledFrom,
  detections: readonly Detections[],
  config: FasterRcnnConfig,
): Steps<Detections[]> {
  const boxes = detections.map((one) => one.boxes);
  const classes = tf.concat(detections.map((one) => one.classes)) as Tensor1D;
  const regions = regionsOf(boxes, config);
  yield { keep: { features: from.features, detections, classes }, read: regions };
  const each = maskLogits(parts, from, regions, classes, config).map((logits) => tf.sigmoid(logits));
  const masks = tf.div(tf.addN(each), each.length) as Tensor3D;
  const rows = ofImages(boxes);
  return detections.map((one, image) => ({ ...one, masks: rows(masks, image) }));
}

/**
 * What each mask head says of the regions, float32 [R, M, M].
 *
 * @param classes - int32 [R], of the regions of all images.
 */
export function maskLogits(
  parts: DetectorParts,
  from: PooledFrom,
  regions: Regions,
  classes: Tensor1D,
  config: FasterRcnnConfig,
): Tensor3D[] {
  const { outputSize } = config.mask!;
  const side = 2 * outputSize;
  if (classes.size === 0) return parts.maskHeads.map(() => tf.zeros<tf.Rank.R3>([0, side, side]));
  const pooled = poolRois(from, regions, config, outputSize);
  return parts.maskHeads.map((head) => head(pooled, classes));
}

export interface SecondStageLosses {
  readonly classification: Scalar;
  readonly box: Scalar;
  /** Of a network with masks. */
  readonly mask?: Scalar;
}

/** @param proposals - of each image, float32 [R, 4], taken as given: without history. */
export function secondStageLosses(
  parts: DetectorParts,
  from: PooledFrom,
  proposals: readonly Tensor2D[],
  truths: readonly GroundTruth[],
  config: FasterRcnnConfig,
  draw: Draw,
): SecondStageLosses {
  const { roi } = config;
  const classification: Scalar[] = [];
  const box: Scalar[] = [];
  const mask: Scalar[] = [];
  let boxes = proposals;
  for (const [i, stage] of boxStages(config).entries()) {
    const { head: _, lossWeight, ...training } = stage;
    const samples = boxes.map((own, image) =>
      sampleProposals(own, truths[image]!, { ...training, sampler: roi.sampler }, draw),
    );
    const regions = regionsOf(
      samples.map((sample) => sample.boxes),
      config,
    );
    const output = parts.boxHeads[i]!(poolRois(from, regions, config, roi.outputSize));
    const losses = boxHeadLoss(output.logits, output.deltas, samples, { ...roi, ...training });
    const weighted = (loss: Scalar) => (lossWeight === 1 ? loss : (tf.mul(loss, lossWeight) as Scalar));
    classification.push(weighted(losses.classification));
    box.push(weighted(losses.box));
    const maskHead = parts.maskHeads[i];
    if (maskHead !== undefined) mask.push(weighted(maskHeadLoss(maskHead, from, samples, truths, config)));
    if (i < parts.boxHeads.length - 1) boxes = nextProposals(samples, output, from.sizes, stage);
  }
  const sum = (losses: readonly Scalar[]) => (losses.length === 1 ? losses[0]! : (tf.addN([...losses]) as Scalar));
  return { classification: sum(classification), box: sum(box), ...(mask.length > 0 && { mask: sum(mask) }) };
}

function maskHeadLoss(
  head: DetectorParts['maskHeads'][number],
  from: PooledFrom,
  samples: readonly SampledProposals[],
  truths: readonly GroundTruth[],
  config: FasterRcnnConfig,
): Scalar {
  const mask = config.mask!;
  const regions = regionsOf(samples.map(foregroundBoxes), config);
  const classes = samples.flatMap((sample) => [...sample.classes.subarray(0, sample.foreground)]);
  const logits = head(poolRois(from, regions, config, mask.outputSize), tf.tensor1d(classes, 'int32'));
  const targets = samples.map((sample, i) => maskTargets(sample, truths[i]!, from.sizes[i]!, mask, config.roi));
  return maskLoss(logits, tf.concat(targets) as Tensor3D);
}

/** What the next stage is trained on: the sampled boxes where this stage moves them, but for those that are ground truth already. */
function nextProposals(
  samples: readonly SampledProposals[],
  { deltas }: BoxHeadOutput,
  sizes: readonly ImageSize[],
  stage: BoxStage,
): Tensor2D[] {
  const boxes = samples.map((sample) => sample.boxes);
  const moved = refined(boxes, detached(deltas), sizes, stage);
  return moved.map((own, image) => tf.gather(own, tf.tensor1d(samples[image]!.proposed, 'int32')));
}

/** The same values without their history: a stage takes boxes as given (Ren et al., section 3.2). */
export function detached(boxes: Tensor2D): Tensor2D {
  return tf.tensor2d(boxes.dataSync() as Float32Array, boxes.shape);
}

/** Boxes of each image where the deltas of all of them move them, cut at the image. */
function refined(
  boxes: readonly Tensor2D[],
  deltas: Tensor2D,
  sizes: readonly ImageSize[],
  { coderWeights }: BoxStage,
): Tensor2D[] {
  const rows = ofImages(boxes);
  return boxes.map((own, image) => {
    const count = own.shape[0];
    const moves = tf.reshape<tf.Rank.R3>(rows(deltas, image), [count, 1, 4]);
    const options = { imageSize: sizes[image]!, weights: coderWeights, logScaleLimit: LOG_SCALE_LIMIT };
    return boxCandidates(moves, own, tf.zeros([count, 1]), options).boxes;
  });
}

/** From the rows of all images to those of one, in whatever has a row for each of these boxes. */
function ofImages(boxes: readonly Tensor2D[]): <T extends Tensor2D | Tensor3D>(all: T, image: number) => T {
  const starts = [0];
  for (const { shape } of boxes) starts.push(starts.at(-1)! + shape[0]);
  return (all, image) => {
    const whole = all.shape.slice(1);
    return tf.slice(all, [starts[image]!, ...whole.map(() => 0)], [boxes[image]!.shape[0], ...whole]);
  };
}

/** The boxes of all images, in their order, as pooling takes them. */
export interface Regions {
  /** float32 [R, 5]: number of the image, x1 y1 x2 y2. */
  readonly rois: Tensor2D;
  /** int32 [R]: from which map each is pooled. */
  readonly levels: Tensor1D;
}

/** @param boxes - of each image, float32 [R, 4]. */
export function regionsOf(boxes: readonly Tensor2D[], { roi }: FasterRcnnConfig): Regions {
  const all = tf.concat(boxes as Tensor2D[]) as Tensor2D;
  const owners = tf.concat(boxes.map((one, image) => tf.fill([one.shape[0], 1], image))) as Tensor2D;
  return { rois: tf.concat([owners, all], 1) as Tensor2D, levels: assignLevels(all, roi.levelRule) };
}

/** float32 [R, S, S, C]. The coarsest level serves proposals only and is not pooled from. Portable kernels read the regions. */
function poolRois(
  { features, images }: PooledFrom,
  { rois, levels }: Regions,
  config: FasterRcnnConfig,
  outputSize: number,
): Tensor4D {
  const { levelRule, samplingRatio, aligned } = config.roi;
  const pooledLevels = features.slice(0, levelRule.levels);
  const height = images.shape[1];
  // A map's scale is the power of two nearest to its size over the input's, whatever rounding did to the size.
  const spatialScales = pooledLevels.map((map) => 2 ** Math.round(Math.log2(map.shape[1] / height)));
  return multiLevelRoiAlign(pooledLevels, rois, levels, {
    outputSize,
    samplingRatio,
    aligned,
    spatialScales,
  });
}
