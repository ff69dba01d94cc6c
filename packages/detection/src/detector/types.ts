import type { DecodeOptions, ImageInput } from '@icconv/base/pictures';

export interface Detection {
  /** x1 y1 x2 y2 in pixels of the picture, upright by its EXIF orientation. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** 0 to 1. */
  readonly score: number;
  /** Class number, from 0; the background is not counted. */
  readonly classId: number;
  readonly label: string;
}

/** What was found in one picture, best first. */
export interface DetectionResult {
  /** Of the picture. */
  readonly width: number;
  readonly height: number;
  readonly detections: Detection[];
  /** Only with `onError: 'report'`: why this picture could not be read. It has no size then, and no detections. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface DetectOptions {
  /** Least score, 0 to 1. @defaultValue the model's own, 0.05 in all presets */
  readonly scoreThreshold?: number;
  /** Detections a picture. @defaultValue the model's own, 100 in all presets */
  readonly maxDetections?: number;
  /**
   * Pictures that are decoded while the network is busy with one: the memory bound. The network sees one after the other, so that a
   * picture's result never depends on others. @defaultValue `2`
   */
  readonly batchSize?: number;
  /** `report`: a picture that cannot be read does not cost the others their results, but has its `error` among them. @defaultValue `'throw'` */
  readonly onError?: 'throw' | 'report';
  /** On top of those that the detector was created with. */
  readonly decode?: Omit<DecodeOptions, 'signal'>;
  /** Its abortion ends the call between two pictures. */
  readonly signal?: AbortSignal;
}

/** What both kinds of detector can do: the one in this process, and the one in a process of its own. */
export interface Detector {
  /** Names of the classes by number. */
  readonly classes: readonly string[];
  /**
   * Finds objects.
   *
   * @param images - one picture or several, of any sizes: paths, addresses, encoded bytes, pixels.
   * @returns a result for each picture, in order.
   * @throws ImageDecodeError with the file that cannot be read, unless errors are reported; InvalidArgumentError; DisposedError; the
   *   signal's reason when aborted.
   */
  detect(images: ImageInput | readonly ImageInput[], options?: DetectOptions): Promise<DetectionResult[]>;
  /** Frees the network. */
  dispose(): Promise<void>;
}
