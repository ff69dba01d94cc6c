import type { ImageInput } from './image-input';

/** What can go over to another process: addresses as text, and pipelines of sharp as the picture they make. */
export async function sendableImage(image: ImageInput): Promise<ImageInput> {
  if (image instanceof URL) return image.href;
  if (typeof image === 'object' && 'toColourspace' in image) return image.clone().png().toBuffer();
  return image;
}
