import type { CocoId } from '../../format/types';
import type { ConversionReport } from '../report';

/**
 * What the rows of a data set hold, behind the class number, all lengths as parts of the picture's width or height:
 *   detect   `cx cy w h`;
 *   segment  `x1 y1 x2 y2 x3 y3 ...`, one polygon (rows of `detect` may stand between);
 *   pose     `cx cy w h x1 y1 [v1] x2 y2 [v2] ...`, the visibility v as in COCO;
 *   obb      `x1 y1 x2 y2 x3 y3 x4 y4`, the corners of an oriented box, which becomes a polygon of four corners.
 * Results have a score at the end of each row. Layouts of https://docs.ultralytics.com/datasets/.
 */
export type YoloKind = 'detect' | 'segment' | 'pose' | 'obb';

/** Keypoints of an object, and numbers of a keypoint: x, y, or x, y, visibility. */
export type KeypointShape = readonly [count: number, numbers: 2 | 3];

/** A picture and the text of its labels file. */
export interface YoloImage {
  /** Relative, with `/` between folders. */
  readonly fileName: string;
  /** Pixels, of the upright picture. */
  readonly width: number;
  readonly height: number;
  /** The labels file's text; empty where there is none. */
  readonly labels: string;
  /** The labels file's name, for messages. @defaultValue `fileName` */
  readonly labelsName?: string;
  /** Id to give the picture. @defaultValue its number in the list, from 1 */
  readonly id?: CocoId;
}

export interface YoloDataset {
  /** Names by class number. */
  readonly names: readonly string[];
  readonly images: readonly YoloImage[];
  /** @defaultValue found from the rows' lengths and values: `obb` only when said, as its rows look like polygons of four corners */
  readonly kind?: YoloKind;
  /** Said, the rows are poses. @defaultValue found from the rows */
  readonly keypointShape?: KeypointShape;
  /** Names of the keypoints. @defaultValue `keypoint_1`, `keypoint_2`, ... */
  readonly keypointNames?: readonly string[];
}

export interface ReportOption {
  /** Told what was left out or changed. */
  readonly report?: ConversionReport;
}

export interface YoloWriteOptions extends ReportOption {
  /** What the rows hold. @defaultValue `detect` */
  readonly kind?: Exclude<YoloKind, 'obb'>;
  /** The same as `kind: 'segment'`. */
  readonly polygons?: boolean;
  /** Leave out pictures without an object. @defaultValue `false`: they teach what is background */
  readonly labelledOnly?: boolean;
}
