/**
 * The COCO formats as they stand in JSON. Boxes are [x, y, width, height] in pixels, the origin at the top left corner of the image;
 * keypoints are [x1, y1, v1, x2, ...] with v 0 (not labelled), 1 (labelled, hidden) or 2 (visible).
 * Source: https://cocodataset.org/#format-data and #format-results.
 */

/**
 * COCO uses integers; strings are taken too. A string that spells an integer ("2299") is the same id as the integer; "007" is not.
 * Integers that a number cannot hold exactly (above 2^53) are the strings of their digits here, and integers in files. Functions that
 * take ids also take bigints.
 */
export type CocoId = number | string;

export interface CocoImage {
  readonly id: CocoId;
  readonly width?: number;
  readonly height?: number;
  readonly file_name?: string;
  readonly [field: string]: unknown;
}

export interface CocoCategory {
  readonly id: CocoId;
  readonly name: string;
  readonly supercategory?: string;
  /** Names of the keypoints, in the order of the annotations' triples. */
  readonly keypoints?: readonly string[];
  /** Limbs as pairs of keypoint numbers, counted from 1. */
  readonly skeleton?: readonly (readonly [number, number])[];
  readonly [field: string]: unknown;
}

/** Run lengths in column order, beginning with zeros. `counts` is COCO's compressed text, or the plain lengths. `size` is [height, width]. */
export interface CocoRle {
  readonly size: readonly [number, number];
  readonly counts: string | readonly number[];
}

/** Polygons [x1, y1, x2, y2, ...] of one object, or its run lengths. */
export type CocoSegmentation = readonly (readonly number[])[] | CocoRle;

export interface CocoAnnotation {
  readonly id?: CocoId;
  readonly image_id: CocoId;
  readonly category_id?: CocoId;
  readonly bbox?: readonly number[];
  /** Pixels; of the mask, not of the box, in COCO's own files. */
  readonly area?: number;
  readonly iscrowd?: number;
  readonly ignore?: number;
  readonly segmentation?: CocoSegmentation;
  readonly keypoints?: readonly number[];
  readonly num_keypoints?: number;
  readonly [field: string]: unknown;
}

/** One entry of a results file. */
export interface CocoDetection {
  readonly image_id: CocoId;
  readonly category_id: CocoId;
  readonly score: number;
  readonly bbox?: readonly number[];
  readonly segmentation?: CocoSegmentation;
  readonly keypoints?: readonly number[];
  readonly [field: string]: unknown;
}

/** A whole annotation file. */
export interface CocoFile {
  readonly info?: unknown;
  readonly licenses?: unknown;
  readonly images: readonly CocoImage[];
  readonly categories?: readonly CocoCategory[];
  readonly annotations: readonly CocoAnnotation[];
  readonly [field: string]: unknown;
}
