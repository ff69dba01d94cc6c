/** Data that is ready to be used: annotations read, pictures looked at. */
import { counted } from '@icconv/base';
import { type CocoDataset, CocoError, type CocoId, withSizes } from '@icconv/coco';
import { checkPictures, formatPictureFaults, loadDataset, type PictureFault } from '@icconv/coco/node';
import { countProgress } from '../ui/count-progress';
import type { PictureRules } from './data-options';

export interface DataSource {
  /** What it is called on the terminal: `train`, `val`. */
  readonly name: string;
  readonly annotations: string;
  /** Folder of the pictures. */
  readonly images: string;
  /** Only the first pictures. @defaultValue all */
  readonly limit?: number;
}

export interface ReadyData {
  /** With sizes from the pictures where the file has none. */
  readonly dataset: CocoDataset;
  readonly folder: string;
  /** Where not all pictures are used. */
  readonly imageIds?: readonly CocoId[];
  /** Pictures that are left out. */
  readonly skipped: readonly PictureFault[];
}

/**
 * @throws CocoError for annotations that cannot be read, and for pictures that are missing, broken or of another size than the annotation
 *   file says; with `onUnreadable: 'skip'` only for the last, as their boxes are in the wrong places.
 */
export async function readyData(source: DataSource, rules: PictureRules, signal: AbortSignal): Promise<ReadyData> {
  const { name, annotations, images: folder, limit } = source;
  const dataset = await loadDataset(annotations, { signal });
  const all = dataset.getImgIds();
  const wanted = limit === undefined ? all : all.slice(0, limit);
  const part = wanted.length < all.length ? { imageIds: wanted } : {};
  if (!rules.check) return { dataset, folder, ...part, skipped: [] };
  const progress = countProgress(`checking pictures (${name})`, wanted.length);
  const { faults, sizes } = await checkPictures(dataset, folder, {
    ...part,
    tolerateDamage: rules.tolerateDamage,
    signal,
    onProgress: ({ done }) => progress.update(done),
  }).finally(() => progress.stop());
  const wrong = faults.filter(({ kind }) => kind === 'size');
  if (wrong.length > 0) {
    throw fault(
      source,
      wanted.length,
      'have another size than the file says, so its boxes are of other pictures',
      wrong,
      [
        'take the pictures that the annotations were made on; or, if the boxes fit these all the same,',
        '--no-check (data.check: false) takes them as they are',
      ],
    );
  }
  const skipped = faults.filter(({ kind }) => kind !== 'size');
  if (skipped.length > 0 && rules.onUnreadable === 'stop') {
    throw fault(source, wanted.length, 'cannot be read', skipped, [
      '--on-unreadable skip (data.onUnreadable: skip) leaves such pictures out',
    ]);
  }
  if (skipped.length === wanted.length && wanted.length > 0) {
    throw fault(source, wanted.length, 'cannot be read: none is left', skipped, []);
  }
  if (skipped.length > 0) {
    console.error(`${name}: left out: ${formatPictureFaults(skipped, folder).replace(/^ {2}/, '')}`);
  }
  const out = new Set(skipped.map(({ imageId }) => imageId));
  const rest = out.size > 0 ? { imageIds: wanted.filter((id) => !out.has(id)) } : part;
  return { dataset: withSizes(dataset, sizes), folder, ...rest, skipped };
}

function fault(
  { annotations, images }: DataSource,
  looked: number,
  what: string,
  faults: readonly PictureFault[],
  remedy: readonly string[],
): CocoError {
  const count = `${faults.length} of ${counted(looked, 'picture')} ${what}`;
  const text = [`${annotations}: ${count}:`, formatPictureFaults(faults, images), ...remedy];
  return new CocoError('ICCONV_COCO_PICTURES', text.join('\n'));
}
