import { VisionError } from '@icconv/tensor-ops';

/** Where in a pattern a fault lies; layers and channels count from 0. */
export interface PatternPlace {
  /** Name of the file the pattern came from. */
  readonly file?: string | undefined;
  readonly layer?: number | undefined;
  readonly channel?: number | undefined;
}

/** A dilation pattern, or a file that should hold one, breaks the format. */
export class PatternFormatError extends VisionError {
  static override readonly kind: string = 'PatternFormatError';

  readonly file: string | undefined;
  readonly layer: number | undefined;
  readonly channel: number | undefined;

  /** @param fault - what is wrong: expected, received, and the remedy when there is one. */
  constructor(place: PatternPlace, fault: string, options?: { readonly cause?: unknown }) {
    const where = [
      place.file ?? 'pattern',
      ...(place.layer === undefined ? [] : [`layer ${place.layer}`]),
      ...(place.channel === undefined ? [] : [`channel ${place.channel}`]),
    ];
    super('ICCONV_PATTERN_FORMAT', `${where.join(', ')}: ${fault}`, options);
    this.file = place.file;
    this.layer = place.layer;
    this.channel = place.channel;
  }
}
