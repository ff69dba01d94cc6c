/** Where the overlays of pictures and videos are written. */
import { join, resolve } from 'node:path';
import { OutputNames, withoutExtension } from '@icconv/base';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { isVideoName } from './video';

/** Addresses may be longer than what a file system takes, 255 bytes. */
const LONGEST = 200;

/**
 * A file in the folder for each picture, by its name without folders; pictures of several folders may have the same name, so the second
 * one gets `name-2`.
 *
 * @param images - paths or addresses.
 * @throws {@link InvalidArgumentError} where an overlay would replace one of the pictures.
 */
export function overlayPaths(images: readonly string[], out: string): string[] {
  const names = new OutputNames();
  const originals = new Set(images.map((image) => resolve(image)));
  return images.map((image) => {
    const path = join(out, names.unique(overlayName(image), image));
    if (!originals.has(resolve(path))) return path;
    throw new InvalidArgumentError('icconv', '--out', out, `another folder: ${path} is one of the pictures`);
  });
}

function overlayName(image: string): string {
  const path = pathOf(image).replaceAll('\\', '/');
  const own = path.slice(path.lastIndexOf('/') + 1);
  const stem = withoutExtension(own)
    .replace(/[\p{Cc}<>:"|?*]/gu, '_')
    .slice(0, LONGEST);
  const ending = isVideoName(own) ? 'mp4' : own.toLowerCase().endsWith('.png') ? 'png' : 'jpg';
  return `${/^\.*$/.test(stem) ? 'picture' : stem}.${ending}`;
}

function pathOf(image: string): string {
  if (/^data:/i.test(image))
    return image.slice(0, image.indexOf(',') + 1).startsWith('data:image/png') ? 'picture.png' : 'picture';
  return /^(?:https?|file):/i.test(image) ? new URL(image).pathname : image;
}
