/** Masks of a full picture of detections, of objects of usual sizes and of ones as large as the picture. */
import * as tf from '@tensorflow/tfjs-core';
import { pasteMasks } from '../src';
import { pastePortable } from '../src/ops/masks/paste-portable';
import { generator, inProcess, interleaved, type Result } from './measure';
import type { TorchvisionPeer } from './torchvision-peer';

const [HEIGHT, WIDTH, COUNT, SIDE] = [800, 1216, 100, 28];

/** Blobs of soft borders, as a mask head gives them. */
function blobs(random: () => number): Float32Array {
  const masks = new Float32Array(COUNT * SIDE * SIDE);
  for (let i = 0; i < COUNT; i++) {
    const [cx, cy, r] = [SIDE * (0.4 + 0.2 * random()), SIDE * (0.4 + 0.2 * random()), SIDE * (0.3 + 0.2 * random())];
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        masks[(i * SIDE + y) * SIDE + x] = 1 / (1 + Math.exp(Math.hypot(x - cx, y - cy) - r + random() - 0.5));
      }
    }
  }
  return masks;
}

export async function benchMasks(
  peer: TorchvisionPeer | undefined,
  wanted: (name: string) => boolean,
  report: (result: Result) => void,
): Promise<void> {
  const random = generator(3);
  const maskData = blobs(random);
  const masks = tf.tensor3d(maskData, [COUNT, SIDE, SIDE]);
  await peer?.load('masks', maskData, [COUNT, SIDE, SIDE]);
  for (const [kind, least, most] of [
    ['usual', 0.05, 0.4],
    ['large', 0.7, 1],
    ['picture-sized', 1, 1],
  ] as const) {
    const name = `paste ${COUNT} ${kind} masks into ${HEIGHT}x${WIDTH}`;
    if (!wanted(name)) continue;
    const boxData = new Float32Array(4 * COUNT);
    for (let i = 0; i < COUNT; i++) {
      const [w, h] = [WIDTH, HEIGHT].map((side) => side * (least + (most - least) * random())) as [number, number];
      const [x, y] = [(WIDTH - w) * random(), (HEIGHT - h) * random()];
      boxData.set([x, y, x + w, y + h], 4 * i);
    }
    const boxes = tf.tensor2d(boxData, [COUNT, 4]);
    await peer?.load('boxes', boxData, [COUNT, 4]);
    const run = () => pasteMasks(masks, boxes, { height: HEIGHT, width: WIDTH });
    const request = { op: 'paste_masks', height: HEIGHT, width: WIDTH };
    const job = { masks: COUNT, size: SIDE, height: HEIGHT, width: WIDTH, threshold: 0.5, wholeBoxes: true };
    const expected = peer === undefined ? bitmaps(pastePortable(maskData, boxData, job)) : await peer.result(request);
    const actual = bitmaps(run());
    const differing = actual.reduce((sum, value, i) => sum + Number(value !== expected[i]), 0);
    const inside = actual.reduce((sum, value) => sum + value, 0);
    if (differing > 1e-4 * inside) throw new Error(`${name}: ${differing} of ${inside} pixels differ`);
    const [native, other] = await interleaved(
      peer === undefined ? [inProcess(run)] : [inProcess(run), (repeat) => peer.time(request, repeat)],
    );
    const answer = `${differing} of ${inside} pixels differ`;
    report({ name, native: native!, ...(other !== undefined && { peer: other }), answer });
    boxes.dispose();
  }
  masks.dispose();
}

/** [N, H, W] */
function bitmaps(masks: readonly ArrayLike<number>[]): Uint8Array {
  const pixels = new Uint8Array(masks.length * HEIGHT * WIDTH);
  masks.forEach((runs, i) => {
    let at = 0;
    for (let r = 0; r < runs.length; r++) {
      for (const end = at + runs[r]!; at < end; at++) {
        pixels[(i * HEIGHT + (at % HEIGHT)) * WIDTH + Math.floor(at / HEIGHT)] = r % 2;
      }
    }
  });
  return pixels;
}
