import { ImageDecodeError } from '../errors/image-decode-error';
import { DecodeFailure } from './decode-failure';
import { decodePixels, readSize } from './decode-pixels';
import type { DecodedImage, DecodeOptions, ImageInput } from './image-input';

/**
 * Decodes a picture to 8-bit RGB.
 *
 * Upright by its EXIF orientation; transparent pixels over `background`; grey spread to three channels; of 16 bits the upper eight; CMYK
 * converted to sRGB. Embedded colour profiles are not applied, as in OpenCV and Pillow.
 *
 * @throws {@link ImageDecodeError} with the path for anything that cannot be read; the signal's reason when aborted.
 * @example
 * ```ts
 * const { data, width, height } = await decodeImage('street.jpg'); // Uint8Array of height * width * 3
 * ```
 */
export async function decodeImage(input: ImageInput, options: DecodeOptions = {}): Promise<DecodedImage> {
  return named(() => decodePixels(input, options));
}

/** Width and height of a picture as {@link decodeImage} would give it, from its header alone. */
export async function imageSize(
  input: ImageInput,
  options: DecodeOptions = {},
): Promise<{ width: number; height: number }> {
  return named(() => readSize(input, options));
}

async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DecodeFailure)) throw error;
    throw new ImageDecodeError(error.path, error.reason, { cause: error.cause });
  }
}
