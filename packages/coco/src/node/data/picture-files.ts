import { resolveInside } from '@icconv/base/files';
import { CocoArgumentError } from '../../errors';
import type { CocoId } from '../../format/types';
import type { CocoData } from './coco-data';

export interface PictureFile {
  readonly imageId: CocoId;
  /** As the images list spells it. */
  readonly name: string;
  /** Path of the file. */
  readonly image: string;
}

/**
 * Where the pictures of a data set lie, in the order of the images list or of `imageIds`.
 *
 * @throws {@link CocoArgumentError} for no pictures at all, an id that is not there, and a picture without `file_name`; UnsafeNameError for
 *   one that leaves the folder.
 */
export function pictureFiles({ dataset, folder, imageIds }: CocoData): PictureFile[] {
  const images = dataset.loadImgs(imageIds ?? dataset.getImgIds());
  if (images.length === 0) {
    throw new CocoArgumentError('pictureFiles', 'dataset', 'no pictures', 'a data set with pictures');
  }
  return images.map(({ id, file_name: name }) => {
    if (typeof name !== 'string' || name === '') {
      throw new CocoArgumentError('pictureFiles', 'file_name', name, `the name of a file, for image ${id}`);
    }
    return { imageId: id, name, image: resolveInside(folder, name) };
  });
}
