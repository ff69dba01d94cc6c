/** Heatmaps and tag maps of given people, in the arithmetic of tooling/reference/make_keypoint_grouping.py. */
import { hashed } from '@icconv/test-utils/values';

export interface PaintedScene {
  readonly joints: number;
  readonly size: readonly [height: number, width: number];
  readonly tagSize: number;
  /** K, or 1 for tags that all joints share. */
  readonly tagMaps: number;
  readonly seed: number;
  /** Heatmap of the ground: 0 to this. */
  readonly noise: number;
  readonly tagNoise: number;
  readonly radius: number;
}

export interface PaintedMaps {
  /** [K, H, W] */
  readonly heatmaps: Float32Array;
  /** [T, K or 1, H, W] */
  readonly tags: Float32Array;
}

/**
 * A bump and a disc of the person's tag for each joint, on a noisy ground.
 *
 * @param people - [P, K, 3]: x, y, height of the bump; no joint where that is 0.
 * @param personTags - [P, T]
 */
export function paintPeople(
  scene: PaintedScene,
  people: ArrayLike<number>,
  personTags: ArrayLike<number>,
): PaintedMaps {
  const { joints, tagSize, tagMaps, radius } = scene;
  const [height, width] = scene.size;
  const area = height * width;
  const noise = hashed(scene.seed, joints * area);
  const tagNoise = hashed(scene.seed + 1, tagSize * tagMaps * area);
  const heat = Float64Array.from(noise, (v) => Math.abs(v) * scene.noise);
  const tags = Float64Array.from(tagNoise, (v) => v * 0.5);
  for (let i = 0; i < people.length / 3; i++) {
    const person = Math.floor(i / joints);
    const joint = i % joints;
    const [px, py, score] = [people[3 * i]!, people[3 * i + 1]!, people[3 * i + 2]!];
    if (score === 0) continue;
    for (let y = Math.max(0, Math.floor(py - radius)); y < Math.min(height, py + radius + 1); y++) {
      for (let x = Math.max(0, Math.floor(px - radius)); x < Math.min(width, px + radius + 1); x++) {
        const fall = 1 - ((x - px) * (x - px) + (y - py) * (y - py)) / radius ** 2;
        const bump = fall > 0 ? score * (fall * fall) : 0;
        const at = y * width + x;
        if (!(bump > heat[joint * area + at]!)) continue;
        heat[joint * area + at] = bump;
        for (let t = 0; t < tagSize; t++) {
          const tag = (t * tagMaps + (tagMaps > 1 ? joint : 0)) * area + at;
          tags[tag] = personTags[person * tagSize + t]! + tagNoise[tag]! * scene.tagNoise;
        }
      }
    }
  }
  return { heatmaps: Float32Array.from(heat), tags: Float32Array.from(tags) };
}
