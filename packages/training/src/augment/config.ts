/** What may be done to a sample. Plain data, so that it can stand in a configuration file. */
import type { SideRounding } from '@icconv/tensor-ops';

export interface ResizeToShortest {
  /** Length of the shorter side in pixels; of several one is drawn for each sample. */
  readonly shortest: number | readonly number[];
  /** The longer side gets no longer than this. @defaultValue no limit */
  readonly longest?: number;
  /** How sides become whole: torchvision cuts, mmdetection rounds, detectron2 has its own way of it. @defaultValue `'round'` */
  readonly rounding?: SideRounding;
}

export interface ResizeToFit {
  /** Height and width of the output. */
  readonly size: readonly [height: number, width: number];
  /**
   * `stretch` changes the aspect ratio; `contain` shows the whole picture at the top left, `centre` in the middle, the rest being fill;
   * `cover` fills the output with the picture's middle, the rest being cut.
   * @defaultValue `'contain'`
   */
  readonly fit?: 'stretch' | 'contain' | 'centre' | 'cover';
}

export interface AffineConfig {
  /** Degrees, drawn from -rotation to rotation. @defaultValue `0` */
  readonly rotation?: number;
  /** Factor about the middle of the output, drawn from this range. @defaultValue `[1, 1]` */
  readonly scale?: readonly [low: number, high: number];
  /** Share of the output's sides, drawn from -translate to translate for each axis. @defaultValue `0` */
  readonly translate?: number;
  /** Share of the samples that this is done to. @defaultValue `1` */
  readonly probability?: number;
}

export interface ColourConfig {
  /** Factor drawn from 1 - value to 1 + value; so are contrast and saturation. @defaultValue `0` */
  readonly brightness?: number;
  /** @defaultValue `0` */
  readonly contrast?: number;
  /** @defaultValue `0` */
  readonly saturation?: number;
  /** Turn of the hue, drawn from -value to value, in full turns (0 to 0.5). @defaultValue `0` */
  readonly hue?: number;
  /** @defaultValue `1` */
  readonly probability?: number;
}

export interface MosaicConfig {
  /** Share of the samples that become one of four pictures. */
  readonly probability: number;
}

export interface AugmentConfig {
  /** @defaultValue the picture's own size */
  readonly resize?: ResizeToShortest | ResizeToFit;
  /** Share of the samples that are mirrored. @defaultValue `0` */
  readonly flip?: number;
  /** Extra factor of the size, drawn evenly in the logarithm. @defaultValue `[1, 1]` */
  readonly scaleJitter?: readonly [low: number, high: number];
  /**
   * A window of this height and width at a random place, which becomes the output; what is smaller than the window lies at a random place
   * in it. @defaultValue none
   */
  readonly crop?: readonly [height: number, width: number];
  /** @defaultValue none */
  readonly affine?: AffineConfig;
  /** @defaultValue none */
  readonly colour?: ColourConfig;
  /** Needs `crop`, or `resize` with a `size`: the size of the whole. @defaultValue none */
  readonly mosaic?: MosaicConfig;
}
