/** Batched NMS: few overlaps ("spread": nearly all stay, the costly case) and many (as a detector's proposals), one class and 80. */
import * as tf from '@tensorflow/tfjs-core';
import { batchedNms } from '../src';
import { greedyNms } from '../src/ops/nms/greedy-nms';
import { generator, inProcess, interleaved, type Result } from './measure';
import type { TorchvisionPeer } from './torchvision-peer';

const IOU_THRESHOLD = 0.5;
const CLASSES = 80;
/** Objects that clustered boxes lie around. */
const OBJECTS = 100;

function randomBoxes(count: number, clustered: boolean, random: () => number): Float32Array {
  const boxes = new Float32Array(count * 4);
  const centers = Array.from({ length: OBJECTS }, () => [random() * 1216, random() * 800] as const);
  for (let i = 0; i < count; i++) {
    const [cx, cy] = centers[Math.floor(random() * OBJECTS)]!;
    const x = clustered ? cx + random() * 20 : random() * 8000;
    const y = clustered ? cy + random() * 20 : random() * 8000;
    const side = () => (clustered ? 60 + random() * 40 : 10 + random() * 50);
    boxes.set([x, y, x + side(), y + side()], i * 4);
  }
  return boxes;
}

export async function benchNms(
  peer: TorchvisionPeer | undefined,
  wanted: (name: string) => boolean,
  report: (result: Result) => void,
): Promise<void> {
  const random = generator(2);
  for (const count of [1000, 5000, 20000]) {
    for (const clustered of [false, true]) {
      const boxData = randomBoxes(count, clustered, random);
      const scoreData = Float32Array.from({ length: count }, random);
      const groupData = Int32Array.from({ length: count }, () => Math.floor(random() * CLASSES));
      const boxes = tf.tensor2d(boxData, [count, 4]);
      const scores = tf.tensor1d(scoreData);
      const groups = tf.tensor1d(groupData, 'int32');
      await peer?.load('boxes', boxData, [count, 4]);
      await peer?.load('scores', scoreData, [count]);
      await peer?.load('groups', groupData, [count]);
      for (const grouped of [false, true]) {
        const name = `nms ${count} boxes, ${clustered ? 'clustered' : 'spread'}, ${grouped ? CLASSES : 1} class${grouped ? 'es' : ''}`;
        if (!wanted(name)) continue;
        const run = () => batchedNms(boxes, scores, grouped ? groups : undefined, { iouThreshold: IOU_THRESHOLD });
        const request = { op: 'nms', grouped, iouThreshold: IOU_THRESHOLD };
        const own = run();
        const kept = own.dataSync<'int32'>();
        own.dispose();
        const options = {
          iouThreshold: IOU_THRESHOLD,
          scoreThreshold: undefined,
          maxOutputSize: Number.POSITIVE_INFINITY,
        };
        const expected =
          peer === undefined
            ? greedyNms(boxData, scoreData, grouped ? groupData : [], options)
            : new Int32Array((await peer.result(request)).buffer);
        if (kept.length !== expected.length || !kept.every((index, i) => index === expected[i])) {
          throw new Error(`${name}: other boxes are kept, or in another order`);
        }
        const timings = await interleaved(
          peer === undefined ? [inProcess(run)] : [inProcess(run), (repeat) => peer.time(request, repeat)],
        );
        const [ownTiming, peerTiming] = timings;
        report({
          name,
          native: ownTiming!,
          ...(peerTiming === undefined ? {} : { peer: peerTiming }),
          answer: `the same ${kept.length} kept`,
        });
      }
      tf.dispose([boxes, scores, groups]);
    }
  }
}
