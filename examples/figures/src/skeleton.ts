/** The 13 keypoints of a figure, in the order of the annotations. Left and right are the figure's own. */
export const KEYPOINTS = [
  'head',
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
] as const;

export type KeypointName = (typeof KEYPOINTS)[number];

/** Bones as pairs of 1-based keypoint numbers, as COCO counts them. */
const SKELETON: readonly (readonly [number, number])[] = [
  [1, 2],
  [1, 3],
  [2, 3],
  [2, 4],
  [4, 6],
  [3, 5],
  [5, 7],
  [2, 8],
  [3, 9],
  [8, 9],
  [8, 10],
  [10, 12],
  [9, 11],
  [11, 13],
];

/** COCO's sigmas of the same joints; the head's is CrowdPose's. */
const SIGMAS = [0.079, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089];

export const CATEGORY = {
  id: 1,
  name: 'figure',
  supercategory: 'synthetic',
  keypoints: KEYPOINTS,
  skeleton: SKELETON,
  sigmas: SIGMAS,
} as const;
