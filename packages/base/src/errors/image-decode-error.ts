import { VisionError } from './vision-error';

/** A picture cannot be read: missing, truncated, too large, or of no known format. */
export class ImageDecodeError extends VisionError {
  static override readonly kind: string = 'ImageDecodeError';

  /** The file or address; `<buffer>` for a picture in memory. */
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string, options: { readonly cause?: unknown } = {}) {
    super('ICCONV_IMAGE_DECODE', `${path}: cannot be decoded: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}
