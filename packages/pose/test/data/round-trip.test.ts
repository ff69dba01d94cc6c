/** COCO's people, encoded as a perfect network would give them, come back. */
import type { CocoDataset, CocoDetection } from '@icconv/coco';
import { loadDataset } from '@icconv/coco/node';
import { groupKeypoints } from '@icconv/tensor-ops';
import { describeBackends, testData } from '@icconv/test-utils';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { encodeTargets, estimatePicture, placeInput, poseConfig } from '../../src';
import { poseCategory, scorePoses } from '../../src/node';
import { activate } from '../support/activate';

const file = testData('coco-mini', 'person_keypoints.json');
const config = poseConfig({ backbone: 50 });
const K = config.skeleton.keypoints.length;
const STRIDE = 4;
/** The first of those with people. */
const PICTURES = 60;

interface Scene {
  readonly imageId: number | string;
  readonly height: number;
  readonly width: number;
  /** In pixels of the picture. */
  readonly people: readonly (readonly number[])[];
}

function scenes(dataset: CocoDataset): Scene[] {
  const { id: catIds } = poseCategory(dataset);
  return dataset.loadImgs(dataset.getImgIds()).flatMap(({ id, height, width }) => {
    const people = dataset
      .loadAnns(dataset.getAnnIds({ imgIds: id, catIds, iscrowd: false }))
      .map(({ keypoints = [] }) => keypoints)
      .filter((keypoints) => keypoints.some((v, at) => at % 3 === 2 && v > 0));
    return people.length === 0 ? [] : [{ imageId: id, height: height!, width: width!, people }];
  });
}

/** Heatmaps and tags [1, h, w, 2 K] as a perfect network would give them: each keypoint's surroundings bear its person's tag. */
function idealMaps(
  { height, width, people }: Scene,
  centre: 'pixel' | 'exact' = 'pixel',
): { readonly maps: Tensor4D; readonly inMaps: number[][] } {
  const place = placeInput({ height, width }, config.input);
  const [h, w] = [place.height / STRIDE, place.width / STRIDE];
  const toMap = (value: number, axis: 0 | 1) => {
    const length = axis === 0 ? place.width : place.height;
    return ((value - place.centre[axis]) * place.scale + length / 2) / STRIDE;
  };
  const inMaps = people.map((person) => person.map((v, at) => (at % 3 === 2 ? v : toMap(v, (at % 3) as 0 | 1))));
  const { heatmaps } = encodeTargets(inMaps, { keypoints: K, height: h, width: w, sigma: config.loss.sigma, centre });
  const values = new Float32Array(h * w * 2 * K);
  const nearest = new Float32Array(h * w * K).fill(Number.POSITIVE_INFINITY);
  for (let pixel = 0; pixel < h * w; pixel++) {
    values.set(heatmaps.subarray(pixel * K, (pixel + 1) * K), pixel * 2 * K);
    for (let joint = 0; joint < K; joint++) values[pixel * 2 * K + K + joint] = -100;
  }
  for (const [person, keypoints] of inMaps.entries()) {
    for (let joint = 0; joint < K; joint++) {
      const [px, py, v] = keypoints.slice(3 * joint, 3 * joint + 3) as [number, number, number];
      if (!(v > 0)) continue;
      for (let y = Math.max(0, Math.trunc(py) - 7); y <= Math.min(h - 1, Math.trunc(py) + 7); y++) {
        for (let x = Math.max(0, Math.trunc(px) - 7); x <= Math.min(w - 1, Math.trunc(px) + 7); x++) {
          const distance = (x - Math.trunc(px)) ** 2 + (y - Math.trunc(py)) ** 2;
          const at = y * w + x;
          if (distance >= nearest[at * K + joint]!) continue;
          nearest[at * K + joint] = distance;
          values[at * 2 * K + K + joint] = 5 * person;
        }
      }
    }
  }
  return { maps: tf.tensor4d(values, [1, h, w, 2 * K]), inMaps };
}

describeBackends('round trip of people', activate, (backend) => {
  const native = backend === 'native' && file !== undefined;

  test.runIf(native)('every keypoint is found again within half a pixel of its heatmap', async () => {
    let [found, labelled] = [0, 0];
    for (const scene of scenes(await loadDataset(file!)).slice(0, PICTURES)) {
      const { maps, inMaps } = idealMaps(scene);
      const [heatmaps, tags] = tf.tidy(() => {
        const planar = tf.transpose(tf.squeeze(maps, [0]), [2, 0, 1]) as tf.Tensor3D;
        return [tf.slice(planar, 0, K), tf.expandDims(tf.slice(planar, K, K), 0) as Tensor4D] as const;
      });
      // Without adjustment and search for what is missing: places are those of the peaks.
      const groups = groupKeypoints(heatmaps, tags, { adjust: false, refine: false });
      for (const keypoints of inMaps) {
        for (let joint = 0; joint < K; joint++) {
          const [x, y, v] = keypoints.slice(3 * joint, 3 * joint + 3) as [number, number, number];
          if (!(v > 0)) continue;
          labelled++;
          for (let person = 0; person < groups.people; person++) {
            const at = 3 * (person * K + joint);
            const [fx, fy, score] = groups.keypoints.subarray(at, at + 3) as unknown as [number, number, number];
            if (score > 0 && Math.max(Math.abs(fx + 0.5 - x), Math.abs(fy + 0.5 - y)) <= 0.5 + 1e-4) {
              found++;
              break;
            }
          }
        }
      }
      tf.dispose([maps, heatmaps, tags]);
    }
    expect(labelled).toBeGreaterThan(1000);
    // Of two people whose keypoint falls within 2 pixels of the same heatmap, only one has a peak.
    expect(found / labelled).toBeGreaterThan(0.99);
  });

  // What lies under these: a keypoint's pixel of the heatmap stands for 4 pixels of the input, and mmpose's targets tell no more than it.
  // The middles of those pixels, all given to the right people, have an AP of 0.967. Exact targets tell where in the pixel.
  const ways = [
    ['pixel', 0.95],
    ['exact', 0.98],
  ] as const;
  test.runIf(native).each(ways)('OKS AP of the whole way back, peaks at %s places', async (centre, least) => {
    const dataset = await loadDataset(file!);
    const all = scenes(dataset).slice(0, PICTURES);
    const results: CocoDetection[] = [];
    for (const scene of all) {
      const { maps } = idealMaps(scene, centre);
      const picture = {
        data: new Uint8Array(scene.height * scene.width * 3),
        height: scene.height,
        width: scene.width,
      };
      const { poses } = estimatePicture({ forward: () => [maps] }, picture, config, { flip: false });
      for (const { keypoints, score } of poses) {
        const list = keypoints.flatMap((point) => [point.x, point.y, point.score]);
        results.push({ image_id: scene.imageId, category_id: 1, keypoints: list, score });
      }
    }
    const data = { dataset, folder: '', imageIds: all.map(({ imageId }) => imageId), categoryIds: [1] };
    const { stats } = scorePoses(results, data, config);
    expect(stats.AP).toBeGreaterThan(least);
  });
});
