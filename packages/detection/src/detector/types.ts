import type { CocoRle } from '@icconv/coco';
import type { CallOptions, NetworkOptions, PictureResult } from '@icconv/task/contract';

/** A mask as COCO writes it: compressed run lengths of a picture of this size. `rleFromCoco` of `@icconv/coco` reads it. */
export interface DetectionMask extends CocoRle {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

export interface Detection {
  /** x1 y1 x2 y2 in pixels of the picture, upright by its EXIF orientation. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** 0 to 1. */
  readonly score: number;
  /** Class number, from 0; the background is not counted. */
  readonly classId: number;
  readonly label: string;
  /** Of a network with masks: the object's pixels in the picture. */
  readonly mask?: DetectionMask;
}

/** What was found in one picture, best first. */
export interface DetectionResult extends PictureResult {
  readonly detections: Detection[];
}

/** Of a call, in browsers too. */
export interface WebDetectOptions extends NetworkOptions {
  /** Detections a picture. @defaultValue the model's own, 100 in all presets */
  readonly maxDetections?: number;
}

export interface DetectOptions extends WebDetectOptions, CallOptions {}
