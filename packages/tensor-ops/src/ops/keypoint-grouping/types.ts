/** What the kernels of `groupKeypoints` get. Letters: P people, K kinds of keypoint ("joints"), T tags a keypoint, H, W size of the maps. */

/** All options, complete and checked. */
export interface GroupingAttrs {
  /** Side of the window in which a peak is the largest value; odd. */
  readonly nmsKernel: number;
  readonly maxPeople: number;
  readonly detectionThreshold: number;
  readonly tagThreshold: number;
  readonly useDetectionVal: boolean;
  readonly ignoreTooMuch: boolean;
  readonly adjust: boolean;
  readonly refine: boolean;
  /** A permutation of the K joints. */
  readonly jointOrder: readonly number[];
}

/** Maps as plain arrays, row by row. */
export interface GroupingMaps {
  /** [K, H, W] */
  readonly heatmaps: Float32Array;
  /** [T, K, H, W], or [T, 1, H, W]. */
  readonly tags: Float32Array;
  readonly joints: number;
  readonly tagSize: number;
  /** K, or 1 when all joints share a tag map. */
  readonly tagMaps: number;
  readonly height: number;
  readonly width: number;
}

/** A peak of a heatmap. */
export interface Peak {
  readonly x: number;
  readonly y: number;
  readonly score: number;
  /** T numbers. */
  readonly tags: Float32Array;
}

/** A group: for each joint its peak, or undefined where none was found. */
export interface Person {
  readonly peaks: (Peak | undefined)[];
}
