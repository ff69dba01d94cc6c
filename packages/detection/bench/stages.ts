/** The stages of a detection. */
import { type RgbImage, runSteps } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import { type CompiledFasterRcnn, type FasterRcnnConfig, preparePictures } from '../src/index';
import { detectionSteps } from '../src/network/faster-rcnn';

const TURNS = 7;

/** `rest` are proposals, RoIAlign and the choice of detections. */
export type Stages = Record<'prepare' | 'features' | 'rpn head' | 'box heads' | 'mask heads' | 'rest', number>;

/** Medians in ms. */
export function stagesOf({ parts }: CompiledFasterRcnn, config: FasterRcnnConfig, picture: RgbImage): Stages {
  const turns = Array.from({ length: TURNS }, () => {
    const spent: Stages = { prepare: 0, features: 0, 'rpn head': 0, 'box heads': 0, 'mask heads': 0, rest: 0 };
    const timed =
      <Given extends unknown[], T>(stage: keyof Stages, work: (...given: Given) => T) =>
      (...given: Given): T => {
        const start = performance.now();
        const result = work(...given);
        const ms = performance.now() - start;
        spent[stage] += ms;
        if (stage !== 'rest') spent.rest -= ms;
        return result;
      };
    const own = {
      features: timed('features', parts.features),
      rpn: timed('rpn head', parts.rpn),
      boxHeads: parts.boxHeads.map((head) => timed('box heads', head)),
      maskHeads: parts.maskHeads.map((head) => timed('mask heads', head)),
    };
    const whole = timed('rest', () => {
      const { images, sizes } = timed('prepare', () => preparePictures([picture], config.input))();
      return tf.dispose([
        images,
        runSteps(detectionSteps(own, images, sizes, config)).map((found) => Object.values(found)),
      ]);
    });
    tf.tidy(whole);
    return spent;
  });
  const median = (stage: keyof Stages) => turns.map((spent) => spent[stage]).sort((a, b) => a - b)[TURNS >> 1]!;
  return Object.fromEntries((Object.keys(turns[0]!) as (keyof Stages)[]).map((s) => [s, median(s)])) as Stages;
}
