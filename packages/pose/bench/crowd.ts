/** Maps of a crowd for the grouping: Gaussians, discs of tags, a fifth of the keypoints missing, noisy ground. */
import { seededRandom } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';

const K = 17;
const TAGS = 2;

/** @param size - side of the maps; a Gaussian's deviation is 2 at 160. */
export function paintCrowd(people: number, size: number): { heatmaps: tf.Tensor3D; tags: tf.Tensor4D } {
  const random = seededRandom('crowd', people, size);
  const pixels = size * size;
  const heatmaps = Float32Array.from({ length: K * pixels }, () => 0.05 * random.next());
  const tags = Float32Array.from({ length: TAGS * K * pixels }, () => random.uniform(-0.5, 0.5));
  const sigma = size / 80;
  const reach = Math.ceil(3 * sigma);
  for (let person = 0; person < people; person++) {
    const [cx, cy] = [random.uniform(0.15, 0.85) * size, random.uniform(0.15, 0.85) * size];
    for (let joint = 0; joint < K; joint++) {
      const x = Math.round(cx + random.uniform(-0.12, 0.12) * size);
      const y = Math.round(cy + random.uniform(-0.12, 0.12) * size);
      const [score, missing] = [random.uniform(0.4, 1), random.next() < 0.2];
      if (missing) continue;
      for (let v = Math.max(0, y - reach); v <= Math.min(size - 1, y + reach); v++) {
        for (let u = Math.max(0, x - reach); u <= Math.min(size - 1, x + reach); u++) {
          const at = joint * pixels + v * size + u;
          const value = score * Math.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * sigma ** 2));
          if (value <= heatmaps[at]!) continue;
          heatmaps[at] = value;
          for (let t = 0; t < TAGS; t++) tags[t * K * pixels + at] = 3 * person + 1 + random.uniform(-0.1, 0.1);
        }
      }
    }
  }
  return { heatmaps: tf.tensor3d(heatmaps, [K, size, size]), tags: tf.tensor4d(tags, [TAGS, K, size, size]) };
}
