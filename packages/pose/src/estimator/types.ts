import type { CallOptions, NetworkOptions, PictureResult } from '@icconv/task/contract';

export interface Keypoint {
  /** Pixels of the picture, upright by its EXIF orientation. */
  readonly x: number;
  readonly y: number;
  /** The heatmap's value, about 0 to 1; 0 where the keypoint was not found. */
  readonly score: number;
  readonly name: string;
}

export interface Pose {
  /** In the order of the skeleton. */
  readonly keypoints: readonly Keypoint[];
  /** Mean over all keypoints, those not found counting 0. */
  readonly score: number;
  /** x1 y1 x2 y2 around the keypoints that were found, in pixels of the picture. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
}

/** Who was found in one picture, best first. */
export interface PoseResult extends PictureResult {
  readonly poses: Pose[];
}

/** Of a call, in browsers too. */
export interface WebEstimateOptions extends NetworkOptions {
  /** Average with the mirrored picture: twice the time. @defaultValue `true` */
  readonly flip?: boolean;
  /** Sizes at which the picture is looked at, of which 1 gives the tags. mmpose's multi-scale test has 2, 1, 0.5. @defaultValue `[1]` */
  readonly scales?: readonly number[];
}

export interface EstimateOptions extends WebEstimateOptions, CallOptions {}
