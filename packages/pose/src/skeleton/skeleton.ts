/** Kinds of keypoint, and what belongs to them. K kinds; their numbers count from 0. */
import { COCO_SIGMAS, type CocoCategory, CROWDPOSE_SIGMAS } from '@icconv/coco';
import { InvalidArgumentError } from '@icconv/tensor-ops';

export interface Skeleton {
  /** Names in the order of the heatmaps. */
  readonly keypoints: readonly string[];
  /** Limbs, for drawing. */
  readonly edges: readonly (readonly [number, number])[];
  /** Keypoints that exchange names in a mirrored picture. */
  readonly swapPairs: readonly (readonly [number, number])[];
  /** Falloff of each keypoint in the object keypoint similarity, as COCO defines it. */
  readonly sigmas: readonly number[];
}

/** COCO's 17 keypoints. Source: person_keypoints_val2017.json and pycocotools. */
export const COCO_SKELETON: Skeleton = {
  keypoints: [
    'nose',
    'left_eye',
    'right_eye',
    'left_ear',
    'right_ear',
    'left_shoulder',
    'right_shoulder',
    'left_elbow',
    'right_elbow',
    'left_wrist',
    'right_wrist',
    'left_hip',
    'right_hip',
    'left_knee',
    'right_knee',
    'left_ankle',
    'right_ankle',
  ],
  edges: [
    [15, 13],
    [13, 11],
    [16, 14],
    [14, 12],
    [11, 12],
    [5, 11],
    [6, 12],
    [5, 6],
    [5, 7],
    [6, 8],
    [7, 9],
    [8, 10],
    [1, 2],
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [4, 6],
  ],
  swapPairs: [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
    [9, 10],
    [11, 12],
    [13, 14],
    [15, 16],
  ],
  sigmas: COCO_SIGMAS,
};

/** The first twelve of CrowdPose's keypoints. Source: Jeff-sjtu/CrowdPose. */
const CROWDPOSE_LIMBS = ['shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle']
  .flatMap((joint) => [`left_${joint}`, `right_${joint}`])
  .join();

/** Falloff of keypoints that nobody has measured: the middle of COCO's. */
export const DEFAULT_SIGMA = 0.07;

/**
 * The skeleton that a category of a COCO file describes. Limbs come from its `skeleton`; pairs of left and right from the names
 * (`left_knee` and `right_knee`, `l_knee` and `r_knee`); sigmas from a field `sigmas`, else COCO's or
 * CrowdPose's where the names are theirs, in their order,
 * else {@link DEFAULT_SIGMA}.
 *
 * @param changes - fields to set otherwise.
 * @throws {@link InvalidArgumentError} for a category without keypoints, and for numbers that do not fit.
 */
export function skeletonOf(category: CocoCategory, changes: Partial<Omit<Skeleton, 'keypoints'>> = {}): Skeleton {
  const { keypoints, name } = category;
  if (keypoints === undefined || keypoints.length === 0) {
    throw new InvalidArgumentError('skeletonOf', 'category', name, 'one with names of keypoints');
  }
  const skeleton: Skeleton = {
    keypoints,
    edges: (category.skeleton ?? []).map(([a, b]) => [a - 1, b - 1] as const),
    swapPairs: pairsByName(keypoints),
    sigmas: sigmasOf(category, keypoints),
    ...changes,
  };
  checkSkeleton(skeleton);
  return skeleton;
}

/** @throws {@link InvalidArgumentError} */
export function checkSkeleton({ keypoints, edges, swapPairs, sigmas }: Skeleton): void {
  const count = keypoints.length;
  const known = (i: number) => Number.isInteger(i) && i >= 0 && i < count;
  const fail = (parameter: string, value: unknown, expected: string) => {
    throw new InvalidArgumentError('skeleton', parameter, value, expected);
  };
  if (count === 0) fail('keypoints', keypoints, 'at least one name');
  const twice = keypoints.find((name, i) => keypoints.indexOf(name) < i);
  if (twice !== undefined) fail('keypoints', twice, 'names of which none is there twice');
  const edge = edges.find((pair) => !pair.every(known));
  if (edge !== undefined) fail('edges', edge, `pairs of numbers from 0 to ${count - 1}`);
  const paired = swapPairs.flat();
  if (!paired.every(known) || new Set(paired).size !== paired.length) {
    fail('swapPairs', swapPairs, `disjoint pairs of numbers from 0 to ${count - 1}`);
  }
  if (sigmas.length !== count || !sigmas.every((sigma) => sigma > 0)) {
    fail('sigmas', sigmas, `${count} positive numbers`);
  }
}

/** For each keypoint the one that it is in the mirrored picture. */
export function flipIndex({ keypoints, swapPairs }: Skeleton): number[] {
  const index = keypoints.map((_, i) => i);
  for (const [a, b] of swapPairs) [index[a], index[b]] = [b, a];
  return index;
}

function pairsByName(names: readonly string[]): [number, number][] {
  const pairs: [number, number][] = [];
  for (const [i, name] of names.entries()) {
    const mirrored = name.replace(/left|(?<![a-z0-9])l(?![a-z0-9])/i, (word) => {
      const right = word.length === 1 ? 'r' : 'right';
      if (word === word.toUpperCase()) return right.toUpperCase();
      return word[0] === 'L' ? `R${right.slice(1)}` : right;
    });
    const other = names.indexOf(mirrored);
    if (mirrored !== name && other >= 0) pairs.push([i, other]);
  }
  return pairs;
}

function sigmasOf(category: CocoCategory, names: readonly string[]): readonly number[] {
  if (Array.isArray(category.sigmas)) return category.sigmas as number[];
  if (names.join() === COCO_SKELETON.keypoints.join()) return COCO_SIGMAS;
  // CrowdPose's files call the thirteenth `head` or `top_head`.
  if (names.length === CROWDPOSE_SIGMAS.length && names.join().startsWith(CROWDPOSE_LIMBS) && names[13] === 'neck') {
    return CROWDPOSE_SIGMAS;
  }
  return names.map(() => DEFAULT_SIGMA);
}
