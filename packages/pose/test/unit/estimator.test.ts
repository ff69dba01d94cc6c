import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DisposedError } from '@icconv/base';
import { readModel, writeModel } from '@icconv/task';
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { estimatePicture, initPose, placeInput, prepareInput, toPicture } from '../../src';
import { createPoseEstimator, createRemotePoseEstimator, POSE, savePoseWeights } from '../../src/node';
import { activate } from '../support/activate';
import { PICTURES, painted, paintedConfig, paintedNetwork } from '../support/painted';

const folder = mkdtempSync(join(tmpdir(), 'icconv-pose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NO_PADDING: [number, number][] = [
  [0, 0],
  [0, 0],
  [0, 0],
];
const scene = painted({ ...PICTURES[0]!, people: PICTURES[0]!.people.slice(0, 2) });

describeBackends('estimatePicture', activate, () => {
  test('results are plain, best first, in pixels of the picture, with boxes around what was found', () => {
    const { poses, width, height } = estimatePicture(paintedNetwork, scene, paintedConfig());
    expect([height, width]).toEqual([150, 230]);
    expect(JSON.parse(JSON.stringify(poses))).toEqual(poses);
    expect(poses).toHaveLength(2);
    for (const { keypoints, box, score } of poses) {
      const [red, green] = keypoints as [(typeof keypoints)[0], (typeof keypoints)[0]];
      expect(keypoints.map(({ name }) => name)).toEqual(['red', 'green']);
      expect(box).toEqual([
        Math.min(red.x, green.x),
        Math.min(red.y, green.y),
        Math.max(red.x, green.x),
        Math.max(red.y, green.y),
      ]);
      expect(score).toBeCloseTo((red.score + green.score) / 2, 5);
    }
    expect(poses[0]!.score).toBeGreaterThanOrEqual(poses[1]!.score);
  });

  test('half-pixel sampling finds places to half a pixel of the heatmap', () => {
    const config = paintedConfig();
    const { poses } = estimatePicture(paintedNetwork, scene, {
      ...config,
      input: { ...config.input, sampling: 'half-pixel' },
    });
    const place = placeInput(scene, config.input);
    const all = poses.flatMap(({ keypoints }) => keypoints);
    for (const [x, y] of [
      [60.8, 50.7],
      [96, 64.5],
      [160.5, 91.2],
      [180.9, 42.6],
    ]) {
      expect(Math.min(...all.map((point) => Math.hypot(point.x - x!, point.y - y!)))).toBeLessThan(2 / place.scale);
    }
  });

  test('the second image of a flip test is the mirrored first', () => {
    const config = paintedConfig();
    const place = placeInput(scene, config.input);
    const input = prepareInput(scene, place, config.input, true);
    const difference = tf.tidy(() => {
      const [first, second] = tf.split(input, 2, 0) as [tf.Tensor4D, tf.Tensor4D];
      return tf.max(tf.abs(tf.sub(tf.reverse(first, 2), second))).dataSync()[0]!;
    });
    expect(difference).toBe(0);
    input.dispose();
  });

  test.each([false, true])('tags that are places tell apart what looks the same, flip test %s', (flip) => {
    const people = [
      [50, 40, 80, 52, 90],
      [165, 90, 150, 62, 90],
      [60, 120, 85, 105, 90],
    ] as const;
    const picture = painted({ height: 150, width: 230, people });
    // Nothing learned yet: no network adds anything to the places.
    const alike = {
      forward: (x: tf.Tensor4D) =>
        tf.tidy(() => {
          const [maps] = paintedNetwork.forward(x) as [tf.Tensor4D];
          return [tf.pad(tf.slice(maps, [0, 0, 0, 0], [-1, -1, -1, 2]), [...NO_PADDING, [0, 4]]) as tf.Tensor4D];
        }),
    };
    const base = paintedConfig();
    const config = { ...base, head: { ...base.head, tagUnit: 40 }, grouping: { ...base.grouping, refine: false } };
    const { poses } = estimatePicture(alike, picture, config, { flip });
    expect(poses).toHaveLength(3);
    for (const { keypoints } of poses) {
      const [red, green] = keypoints as [(typeof keypoints)[0], (typeof keypoints)[0]];
      const own = people.find(([x, y]) => Math.hypot(red.x - x, red.y - y) < 6)!;
      expect(Math.hypot(green.x - own[2], green.y - own[3])).toBeLessThan(6);
    }
  });

  test('keypoints that the padding attracts lie at the border', () => {
    // Its maximum is the last column of the input, and the input is wider than the picture.
    const attracted = {
      forward: (x: tf.Tensor4D): tf.Tensor4D[] => {
        const [, height, width] = x.shape;
        const map = tf.buffer([x.shape[0], height / 4, width / 4, 4]);
        for (let n = 0; n < x.shape[0]; n++) {
          for (const joint of [0, 1]) map.set(0.9, n, 8, n === 0 ? width / 4 - 1 : 0, joint);
        }
        return [map.toTensor() as tf.Tensor4D];
      },
    };
    const config = paintedConfig();
    const place = placeInput(scene, config.input);
    expect(toPicture(place.width - 2, 30, place)[0]).toBeGreaterThan(scene.width);
    const { poses } = estimatePicture(attracted, scene, config);
    const all = poses.flatMap(({ keypoints }) => keypoints).filter(({ score }) => score > 0);
    expect(all.length).toBeGreaterThan(0);
    for (const { x, y } of all) expect(x >= 0 && x <= scene.width && y >= 0 && y <= scene.height).toBe(true);
    expect(all.some(({ x }) => x === scene.width)).toBe(true);
    for (const { box } of poses) expect(box[2]).toBeLessThanOrEqual(scene.width);
  });

  test('a point of the input goes where it came from', () => {
    const place = placeInput(scene, paintedConfig().input);
    const [x, y] = toPicture(place.width / 2, place.height / 2, place);
    expect([x, y]).toEqual([...place.centre]);
  });

  test('scales that cannot be are refused', () => {
    const run = (scales: number[]) => () => estimatePicture(paintedNetwork, scene, paintedConfig(), { scales });
    expect(run([])).toThrow('scales');
    expect(run([2, 0.5])).toThrow('with 1 among them');
    expect(run([1, 1])).toThrow('scales');
    expect(run([-1])).toThrow('scales');
    // 128 at three quarters is 96, which becomes 128, and 170 at the full size.
    expect(run([1, 0.75])).toThrow(/multiples of 32, not 170x/);
  });
});

const tiny = { block: 'basic', blocks: [1, 1, 1, 1], width: 4 } as const;
function tinyConfig() {
  const base = paintedConfig(64);
  return {
    ...base,
    backbone: tiny,
    head: {
      ...base.head,
      deconvs: [
        { channels: 4, kernel: 4 as const },
        { channels: 4, kernel: 4 as const },
      ],
    },
  };
}

describeBackends('createPoseEstimator', activate, (backend) => {
  test.runIf(backend === 'native')('from a folder, in this process and in another, with the same results', async () => {
    const config = tinyConfig();
    const weights = initPose(config, { seed: 3 });
    await writeModel(POSE, folder, { config });
    await savePoseWeights(join(folder, 'model.safetensors'), weights);
    tf.dispose(weights);
    expect((await readModel(POSE, folder)).model.config).toEqual(config);
    const local = await createPoseEstimator(folder, { threads: 2 });
    const remote = await createRemotePoseEstimator(folder, { threads: 1 });
    try {
      expect(remote.keypoints).toEqual(['red', 'green']);
      const mine = await local.estimate(scene);
      expect(await local.estimate([scene, scene])).toEqual([mine, mine]);
      expect(await remote.estimate(scene)).toEqual(mine);
      expect(await remote.estimate([scene, scene, scene])).toEqual([mine, mine, mine]);
      expect(await local.estimate([])).toEqual([]);
      for (const options of [{ scoreThreshold: 3 }, { batchSize: 0 }, { onError: 'ignore' as never }]) {
        const [name] = Object.keys(options);
        for (const estimator of [local, remote]) {
          await expect(estimator.estimate(scene, options)).rejects.toThrow(
            expect.objectContaining({ name: 'InvalidArgumentError', op: 'estimate', parameter: name }),
          );
        }
      }
      await expect(local.estimate(join(folder, 'model.json'))).rejects.toThrow('model.json');
      const aborted = AbortSignal.abort(new Error('enough'));
      await expect(local.estimate(scene, { signal: aborted })).rejects.toThrow('enough');
      const other = painted(PICTURES[1]!);
      const alone = [mine, await local.estimate(other), mine];
      for (const batchSize of [1, 2, 4]) {
        expect(await local.estimate([scene, other, scene], { batchSize })).toEqual(alone);
      }
      const reported = await local.estimate([scene, join(folder, 'none.png')], { onError: 'report' });
      const error = { code: 'ICCONV_IMAGE_DECODE', message: expect.stringContaining('none.png') };
      expect(reported).toEqual([mine, { width: 0, height: 0, poses: [], error }]);
      await expect(local.estimate(scene, { decode: { accept: ['bytes'] } })).rejects.toThrow('pixels are not taken');
    } finally {
      await local.dispose();
      await remote.dispose();
    }
    for (const gone of [local, remote]) {
      for (const pictures of [[scene], []]) {
        const error = await gone.estimate(pictures).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(DisposedError);
        expect(error).toMatchObject({ message: expect.stringContaining('the pose estimator has been disposed') });
      }
    }
  });

  test.runIf(backend === 'native')('a description that no network can have is refused by its place', async () => {
    const config = tinyConfig();
    const even = join(folder, 'even');
    await writeModel(POSE, even, { config: { ...config, grouping: { ...config.grouping, nmsKernel: 4 } } });
    await expect(readModel(POSE, even)).rejects.toThrow(/config\.grouping\.nmsKernel.*must be odd/s);
  });

  test.runIf(backend === 'native')('a checkpoint of another network is refused by name and shape', async () => {
    const config = tinyConfig();
    const other = { ...config, skeleton: { ...config.skeleton, keypoints: ['a', 'b', 'c'], sigmas: [1, 1, 1] } };
    await expect(createPoseEstimator({ config: other, weights: join(folder, 'model.safetensors') })).rejects.toThrow(
      'keypoint_head.final_layer.weight',
    );
    await expect(createPoseEstimator({ model: join(folder, 'nowhere') })).rejects.toThrow('nowhere');
  });
});
