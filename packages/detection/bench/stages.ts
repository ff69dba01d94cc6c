/** The stages of a detection, each timed apart on what the one before gave. */
import { multiLevelRoiAlign, type RgbImage } from '@icconv/tensor-ops';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { generateAnchors } from '../src/anchors/anchor-generator';
import {
  type CompiledFasterRcnn,
  type FasterRcnnConfig,
  preparePictures,
  selectDetections,
  selectProposals,
} from '../src/index';
import { assignLevels } from '../src/roi-heads/assign-levels';

const TURNS = 7;

export type Stages = Record<
  'prepare' | 'features' | 'rpn head' | 'proposals' | 'RoIAlign' | 'box head' | 'detections',
  number
>;

/** Medians in ms. */
export function stagesOf({ parts }: CompiledFasterRcnn, config: FasterRcnnConfig, picture: RgbImage): Stages {
  const samples: Record<string, number[]> = {};
  const time = <T>(stage: string, work: () => T): T => {
    const start = performance.now();
    const result = work();
    samples[stage] = [...(samples[stage] ?? []), performance.now() - start];
    return result;
  };
  for (let turn = 0; turn < TURNS; turn++) {
    tf.tidy(() => {
      const { images, sizes } = time('prepare', () => preparePictures([picture], config.input));
      const size = sizes[0]!;
      const features = time('features', () => parts.features(images));
      const { logits, deltas } = time('rpn head', () => parts.rpn(features));
      const proposals = time('proposals', () => {
        const maps = features.map((map) => [map.shape[1], map.shape[2]] as const);
        const strides = maps.map(
          ([h, w]) => [Math.floor(images.shape[1] / h), Math.floor(images.shape[2] / w)] as const,
        );
        const anchors = generateAnchors(config.rpn.anchors, maps, strides);
        const flat = logits.map((level) => tf.reshape(level, [-1]) as tf.Tensor1D);
        const moves = deltas.map((level) => tf.reshape(level, [-1, 4]) as Tensor2D);
        return selectProposals(flat, moves, anchors, size, config.rpn.test).boxes;
      });
      const pooled = time('RoIAlign', () => {
        const { levelRule, outputSize, samplingRatio, aligned } = config.roi;
        const levels = features.slice(0, levelRule.levels);
        const rois = tf.concat([tf.zeros([proposals.shape[0], 1]), proposals], 1) as Tensor2D;
        const spatialScales = levels.map((map) => 2 ** Math.round(Math.log2(map.shape[1] / images.shape[1])));
        return multiLevelRoiAlign(levels, rois, assignLevels(proposals, levelRule), {
          outputSize,
          samplingRatio,
          aligned,
          spatialScales,
        });
      });
      const head = time('box head', () => parts.boxHeads[0]!(pooled));
      time('detections', () => {
        const { coderWeights, background, test } = config.roi;
        selectDetections(head.logits, head.deltas, proposals, size, { ...test, coderWeights, background });
      });
    });
  }
  const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!;
  return Object.fromEntries(Object.entries(samples).map(([stage, times]) => [stage, median(times)])) as Stages;
}
