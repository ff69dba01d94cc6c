import { ImageDecodeError } from '../errors/image-decode-error';
import { decodeImage } from './decode-image';
import type { DecodedImage, DecodeOptions, ImageInput } from './image-input';

export interface DecodeAheadOptions extends DecodeOptions {
  /** Pictures that are decoded, or wait decoded, while the caller is busy with one: the memory bound. @defaultValue `2` */
  readonly ahead?: number;
}

/**
 * Decodes pictures in their order, further ones while the caller works on those before.
 *
 * One that cannot be read comes as its error, in its turn: the caller may throw it or go on.
 *
 * @throws the signal's reason when aborted.
 */
export async function* decodeAhead(
  images: readonly ImageInput[],
  options: DecodeAheadOptions = {},
): AsyncGenerator<DecodedImage | ImageDecodeError, void, undefined> {
  const { ahead = 2, ...decode } = options;
  const waiting: Promise<DecodedImage | ImageDecodeError>[] = [];
  let next = 0;
  const fill = () => {
    while (waiting.length < ahead && next < images.length) {
      const decoding = decodeImage(images[next++]!, decode).catch(unreadable);
      // Those still waiting when the caller stops have nobody to throw at.
      decoding.catch(() => {});
      waiting.push(decoding);
    }
  };
  fill();
  while (waiting.length > 0) {
    const picture = await waiting.shift()!;
    decode.signal?.throwIfAborted();
    fill();
    yield picture;
  }
}

function unreadable(error: unknown): ImageDecodeError {
  if (ImageDecodeError.isInstance(error)) return error;
  throw error;
}
