/** RoIAlign of the RoIs of a detector's finest pyramid level: an image of 800 x 1216 pixels, 256 channels, 7 x 7 bins. */
import { maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { roiAlign } from '../src';
import { runKernel } from '../src/kernel/registry';
import type { RoiAlignAttrs } from '../src/ops/roi-align/geometry';
import { ROI_ALIGN_GRAD } from '../src/ops/roi-align/register-roi-align';
import { roiAlignGradPortable, roiAlignPortable } from '../src/ops/roi-align/roi-align-portable';
import { generator, inProcess, interleaved, type Result } from './measure';
import type { TorchvisionPeer } from './torchvision-peer';

const [HEIGHT, WIDTH, CHANNELS, BINS, SCALE] = [200, 304, 256, 7, 1 / 4];
/** Sides of RoIs in image pixels, evenly spread on a logarithmic scale. */
const [LEAST_SIDE, MOST_SIDE] = [16, 256];
/** float32 sums of up to some hundred terms, in another order. */
const TOLERANCE = 2e-5;

function randomRois(count: number, random: () => number): Float32Array {
  const side = () => LEAST_SIDE * (MOST_SIDE / LEAST_SIDE) ** random();
  const rois = new Float32Array(count * 5);
  for (let r = 0; r < count; r++) {
    const [width, height] = [side(), side()];
    const x = random() * (WIDTH / SCALE - width);
    const y = random() * (HEIGHT / SCALE - height);
    rois.set([0, x, y, x + width, y + height], r * 5);
  }
  return rois;
}

export async function benchRoiAlign(
  peer: TorchvisionPeer | undefined,
  wanted: (name: string) => boolean,
  report: (result: Result) => void,
): Promise<void> {
  const random = generator(1);
  const shape: [number, number, number, number] = [1, HEIGHT, WIDTH, CHANNELS];
  const map = Float32Array.from({ length: HEIGHT * WIDTH * CHANNELS }, () => random() * 2 - 1);
  const features = tf.tensor4d(map, shape);
  const none = tf.tensor1d([], 'int32');
  await peer?.load('features', map, shape);
  for (const backward of [false, true]) {
    const count = backward ? 512 : 1000;
    for (const samplingRatio of [2, 0]) {
      const name = `roiAlign ${backward ? 'backward' : 'forward'} ${count} RoIs, ratio ${samplingRatio}`;
      if (!wanted(name)) continue;
      const roiData = randomRois(count, random);
      const rois = tf.tensor2d(roiData, [count, 5]);
      const dyShape: [number, number, number, number] = [count, BINS, BINS, CHANNELS];
      const dyData = Float32Array.from(
        { length: backward ? count * BINS * BINS * CHANNELS : 0 },
        () => random() * 2 - 1,
      );
      const dy = backward ? tf.tensor4d(dyData, dyShape) : undefined;
      const attrs: RoiAlignAttrs = {
        outputSize: [BINS, BINS],
        samplingRatio,
        aligned: true,
        maps: [{ shape, scale: SCALE }],
      };
      const run = (): tf.Tensor =>
        dy === undefined
          ? roiAlign(features, rois, { outputSize: BINS, spatialScale: SCALE, samplingRatio })
          : runKernel('roiAlign', ROI_ALIGN_GRAD, { dy, rois, levels: none }, { ...attrs, level: 0 });
      const request = {
        op: backward ? 'roi_align_backward' : 'roi_align',
        outputSize: [BINS, BINS],
        spatialScale: SCALE,
        samplingRatio,
        aligned: true,
      };
      await peer?.load('rois', roiData, [count, 5]);
      if (backward) await peer?.load('dy', dyData, dyShape);

      const own = run();
      const reference = (): tf.Tensor =>
        dy === undefined
          ? roiAlignPortable(rois, none, [features], attrs)
          : roiAlignGradPortable(dy, rois, none, attrs, 0);
      const expected = peer === undefined ? portable(reference) : new Float32Array((await peer.result(request)).buffer);
      const error = maxRelativeError(own.dataSync(), expected);
      own.dispose();
      if (!(error < TOLERANCE)) throw new Error(`${name}: relative error ${error}, at most ${TOLERANCE} is allowed`);

      const timings = await interleaved(
        peer === undefined ? [inProcess(run)] : [inProcess(run), (repeat) => peer.time(request, repeat)],
      );
      const [ownTiming, peerTiming] = timings;
      report({
        name,
        native: ownTiming!,
        ...(peerTiming === undefined ? {} : { peer: peerTiming }),
        answer: `relative error ${error.toExponential(1)}`,
      });
      tf.dispose([rois, ...(dy === undefined ? [] : [dy])]);
    }
  }
  tf.dispose([features, none]);
}

function portable(reference: () => tf.Tensor): Float32Array {
  return tf.tidy(() => reference()).dataSync<'float32'>();
}
