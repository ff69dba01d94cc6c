/** Bottom-up pose estimation against mmpose 0.29, stage by stage; fixtures by tooling/reference/make_pose.py. */
import { resnet, type StateDict } from '@icconv/models';
import { describeBackends, loadFixture, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import { hashed, hashedTensor, initial } from '@icconv/test-utils/values';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  compilePose,
  encodeTargets,
  estimatePicture,
  type PoseConfig,
  placeInput,
  poseConfig,
  poseNetwork,
  poseShapes,
  poseStep,
} from '../../src';
import { BACKBONE_PREFIX } from '../../src/network/layers';
import { backboneOf } from '../../src/network/weights';
import { activate } from '../support/activate';
import { PICTURES, painted, paintedConfig, paintedNetwork } from '../support/painted';

const fixture = loadFixture(new URL('./fixtures/pose.safetensors', import.meta.url));
const expected = (name: string) => fixture[name]!.data as Float32Array;

const KEYPOINTS = 17;
const [HEIGHT, WIDTH] = [96, 128];
const [H, W] = [HEIGHT / 4, WIDTH / 4];

function config(): PoseConfig {
  const base = poseConfig({ backbone: 18 });
  const deconv = { channels: 16, kernel: 4 } as const;
  // The tags' losses are made as large as the other, lest nobody sees them in the gradients.
  const loss = { ...base.loss, push: 0.1, pull: 0.1 };
  return { ...base, head: { ...base.head, deconvs: [deconv, deconv, deconv] }, loss };
}

function weights(of: PoseConfig): StateDict {
  return Object.fromEntries(Object.entries(poseShapes(of)).map(([name, shape]) => [name, value(name, shape)]));
}

function value(name: string, shape: readonly number[]): Tensor {
  if (name.startsWith(BACKBONE_PREFIX)) return initial(name.slice(BACKBONE_PREFIX.length), shape, { last: 'bn2' });
  const values = hashed(
    name,
    shape.reduce((a, b) => a * b, 1),
  );
  const scale = shape.length === 4 ? (name.includes('deconv') ? Math.sqrt(3 / (4 * shape[3]!)) : 0.2) : 0.1;
  const norm = shape.length === 1 && /(?:running_var|\.weight)$/.test(name);
  const made = norm ? values.map((v) => v * 0.25 + 1) : values.map((v) => Math.fround(v * Math.fround(scale)));
  return tf.tensor(made, [...shape]);
}

/** In pixels of the heatmap; some keypoints not labelled, some outside. */
function people(seed: string, count: number): number[][] {
  const values = hashed(seed, count * KEYPOINTS * 3);
  return Array.from({ length: count }, (_, person) =>
    Array.from({ length: KEYPOINTS }, (_, joint) => {
      const [x, y, v] = values.subarray(3 * (person * KEYPOINTS + joint)) as unknown as [number, number, number];
      return [(x * 0.55 + 0.5) * W, (y * 0.55 + 0.5) * H, v < -0.5 ? 0 : v < 0 ? 1 : 2];
    }).flat(),
  );
}

const spread = (values: ArrayLike<number>, samples = 1024) => {
  const count = Math.min(samples, values.length);
  return Array.from(
    { length: count },
    (_, i) => values[Math.floor((i * (values.length - 1)) / Math.max(1, count - 1))]!,
  );
};
const sampled = (tensor: Tensor) => spread(tensor.dataSync());

const PEOPLE = [people('people/0', 5), people('people/1', 2)];

/** As the step wants them, in pixels of the input. */
function truths() {
  const ignore = new Uint8Array(HEIGHT * WIDTH);
  for (let y = 12; y < 36; y++) ignore.fill(1, y * WIDTH + 16, y * WIDTH + 80);
  return PEOPLE.map((picture, i) => ({
    people: picture.map((person) => person.map((v, at) => (at % 3 === 2 ? v : 4 * v))),
    ignore: i === 0 ? { data: ignore, height: HEIGHT, width: WIDTH } : undefined,
  }));
}

describeBackends('pose against mmpose', activate, (backend) => {
  // A whole ResNet in plain JavaScript takes its time.
  const slow = backend === 'js';
  test.skipIf(slow)('features, heatmaps and tags, as trained and as compiled', () => {
    const of = config();
    const own = weights(of);
    const x = hashedTensor<tf.Rank.R4>('image', [2, HEIGHT, WIDTH, 3]);
    const { c5 } = resnet(backboneOf(own), x, of.backbone, { returns: ['c5'] });
    const { outputs } = poseNetwork(own, x, of);
    const compiled = compilePose(own, of);
    const fast = compiled.forward(x);
    expect(maxRelativeError(sampled(c5), expected('features'))).toBeLessThan(1e-4);
    expect(maxRelativeError(sampled(outputs[0]!), expected('outputs'))).toBeLessThan(1e-4);
    expect(maxRelativeError(sampled(fast[0]!), expected('outputs'))).toBeLessThan(1e-4);
    compiled.dispose();
    tf.dispose([own, x, c5, outputs, fast]);
  });

  test.runIf(backend === 'native')('losses and the gradients of every weight', () => {
    const of = config();
    const own = weights(of);
    const x = hashedTensor<tf.Rank.R4>('image', [2, HEIGHT, WIDTH, 3]);
    const { losses, gradients, statistics } = poseStep(own, x, truths(), of, {
      trainable: (name) => !name.includes('running'),
    });
    const [heatmap, push, pull] = expected('losses');
    // mmpose's factors of the tags' losses are 0.001.
    expect(Math.abs(losses.heatmap! / heatmap! - 1)).toBeLessThan(1e-4);
    expect(Math.abs(losses.push! / (100 * push!) - 1)).toBeLessThan(1e-4);
    expect(Math.abs(losses.pull! / (100 * pull!) - 1)).toBeLessThan(1e-4);
    const names = Object.keys(poseShapes(of)).filter((name) => !name.includes('running'));
    for (const name of names) {
      expect(maxRelativeError(sampled(gradients[name]!), expected(`gradient/${name}`)), name).toBeLessThan(1e-3);
    }
    tf.dispose([own, x, { ...gradients }, { ...statistics }]);
  });

  const tests = [
    ['single', { flip: false }],
    ['flip', { flip: true }],
    ['multi', { flip: true, scales: [2, 1, 0.5] }],
  ] as const;
  test.each(tests)('keypoints in pixels of the picture: %s', (name, how) => {
    for (const [index, picture] of PICTURES.entries()) {
      const { poses } = estimatePicture(paintedNetwork, painted(picture), paintedConfig(), how);
      const theirs = expected(`poses/${index}/${name}`);
      const scores = expected(`scores/${index}/${name}`);
      expect(poses).toHaveLength(scores.length);
      // Ours come best first.
      const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
      for (const [i, person] of order.entries()) {
        expect(Math.abs(poses[i]!.score - scores[person]!)).toBeLessThan(2e-3);
        const points = poses[i]!.keypoints.flatMap(({ x, y }) => [x, y]);
        const at = (joint: number) => theirs.subarray(3 * (2 * person + joint), 3 * (2 * person + joint) + 2);
        expect(maxAbsError(points, [...at(0), ...at(1)]), `picture ${index}, person ${i}`).toBeLessThan(0.1);
      }
    }
  });
});

describe('encoding against mmpose', () => {
  test('heatmaps', () => {
    const maps = PEOPLE.map(
      (picture) => encodeTargets(picture, { keypoints: KEYPOINTS, height: H, width: W, sigma: 2 }).heatmaps,
    );
    const all = new Float32Array(2 * maps[0]!.length);
    for (const [i, map] of maps.entries()) all.set(map, i * map.length);
    expect(maxAbsError(spread(all), expected('targets'))).toBeLessThan(1e-6);
  });

  test('sizes of the input, for pictures of all shapes and several scales', () => {
    const rows = expected('placements');
    const { input } = poseConfig({ backbone: 18 });
    for (let at = 0; at < rows.length; at += 10) {
      const [height, width, scale, least, h, w, cx, cy, sx] = rows.subarray(at, at + 10) as unknown as number[];
      const place = placeInput({ height: height!, width: width! }, input, scale!, least!);
      expect([place.height, place.width, ...place.centre]).toEqual([h, w, cx, cy]);
      // Their scale is the part of the picture that the input shows, over 200.
      expect(Math.abs((place.scale * sx! * 200) / place.width - 1)).toBeLessThan(1e-5);
    }
  });
});
