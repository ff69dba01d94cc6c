import type { DecodeOptions, ImageInput } from '@icconv/base/pictures';

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
export interface PoseResult {
  /** Of the picture. */
  readonly width: number;
  readonly height: number;
  readonly poses: Pose[];
  /** Only with `onError: 'report'`: why this picture could not be read. It has no size then, and no poses. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface EstimateOptions {
  /** Average with the mirrored picture: twice the time. @defaultValue `true` */
  readonly flip?: boolean;
  /** Sizes at which the picture is looked at, of which 1 gives the tags. mmpose's multi-scale test has 2, 1, 0.5. @defaultValue `[1]` */
  readonly scales?: readonly number[];
  /** Least score of a pose, 0 to 1. @defaultValue `0` */
  readonly scoreThreshold?: number;
  /**
   * Pictures that are decoded while the network is busy with one: the memory bound. The network sees one after the other, so that a
   * picture's result never depends on others. @defaultValue `2`
   */
  readonly batchSize?: number;
  /** `report`: a picture that cannot be read does not cost the others their results, but has its `error` among them. @defaultValue `'throw'` */
  readonly onError?: 'throw' | 'report';
  /** On top of those that the estimator was created with. */
  readonly decode?: Omit<DecodeOptions, 'signal'>;
  /** Its abortion ends the call between two pictures. */
  readonly signal?: AbortSignal;
}

/** What both kinds of estimator can do: the one in this process, and the one in a process of its own. */
export interface PoseEstimator {
  /** Names of the keypoints. */
  readonly keypoints: readonly string[];
  /**
   * Finds people, or whatever the skeleton is of.
   *
   * @param images - one picture or several, of any sizes: paths, addresses, encoded bytes, pixels.
   * @returns a result for each picture, in order.
   * @throws ImageDecodeError with the file that cannot be read, unless errors are reported; InvalidArgumentError; DisposedError; the
   *   signal's reason when aborted.
   */
  estimate(images: ImageInput | readonly ImageInput[], options?: EstimateOptions): Promise<PoseResult[]>;
  /** Frees the network. */
  dispose(): Promise<void>;
}
