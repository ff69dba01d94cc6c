/** Data that is ready to be used: annotations read, pictures looked at, sizes filled in. */
import { stat } from 'node:fs/promises';
import { counted, defined, type OptionHint } from '@icconv/base';
import { ConversionReport, formatConversion } from '../../convert/report';
import { withSizes } from '../../data/complete';
import type { CocoDataset } from '../../data/dataset';
import { CocoArgumentError, CocoError } from '../../errors';
import type { CocoId } from '../../format/types';
import { checkPictures, formatPictureFaults, type PictureFault } from '../check-pictures';
import { findSplit, isDataYaml, readDataYaml, type Split } from '../data-yaml';
import { loadDataset } from '../load';
import { loadYolo } from '../yolo-folder';
import { loadClassFolder } from './class-folder';
import type { CocoData } from './coco-data';
import { DEFAULT_PICTURE_RULES, type PictureRules } from './picture-rules';

export interface DataSource {
  /** What it is called in notes: `train`, `val`. @defaultValue `data` */
  readonly name?: string;
  /**
   * A COCO annotation file; a folder with one folder of pictures for each class, see {@link loadClassFolder}; or Ultralytics' `data.yaml`,
   * see {@link loadYolo}.
   */
  readonly annotations: string;
  /** Folder of the pictures. @defaultValue the folder with the classes, or what `data.yaml` says; needed beside a COCO file */
  readonly images?: string;
  /** Which pictures of a `data.yaml`. @defaultValue the only one */
  readonly split?: Split;
  /** Only the first so many pictures; of a folder with classes, the first of each class in turn. @defaultValue all */
  readonly limit?: number;
}

export interface OpenDataOptions {
  readonly signal?: AbortSignal;
  /** Pictures that were looked at: called with 0 before the first one, then after each. Not called where pictures are not checked. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** What whoever uses the data should know, as text: pictures that are left out, classes without pictures. */
  readonly onNote?: (note: string) => void;
}

export interface OpenedData extends CocoData {
  /** Pictures that are left out. */
  readonly skipped: readonly PictureFault[];
}

/**
 * Reads annotations and looks at their pictures: sizes that the annotations lack are filled in, pictures that cannot be read stop it or
 * are left out.
 *
 * @param rules - {@link DEFAULT_PICTURE_RULES} where not given.
 * @throws CocoError for annotations that cannot be read, and for pictures that are missing, broken or of another size than the annotation
 *   file says; with `onUnreadable: 'skip'` only for the last, as their boxes are in the wrong places. FileError; the signal's reason.
 */
export async function openData(
  source: DataSource,
  rules: Partial<PictureRules> = {},
  { signal, onProgress, onNote }: OpenDataOptions = {},
): Promise<OpenedData> {
  const { check, onUnreadable, tolerateDamage } = { ...DEFAULT_PICTURE_RULES, ...rules };
  const { dataset, folder, ofClasses } = await readAnnotations(source, { signal, onNote });
  const all = dataset.getImgIds();
  const wanted = ofClasses ? firstOfEachClass(dataset, source.limit) : all.slice(0, source.limit);
  const part = wanted.length < all.length ? { imageIds: wanted } : {};
  if (!check) return { dataset, folder, ...part, skipped: [] };
  onProgress?.({ done: 0, total: wanted.length });
  const { faults, sizes } = await checkPictures(dataset, folder, {
    ...part,
    tolerateDamage,
    ...defined({ signal, onProgress }),
  });
  const skipped = unreadable(faults, { place: source.annotations, folder, looked: wanted.length, onUnreadable });
  if (skipped.length > 0) {
    const { name = 'data' } = source;
    onNote?.(`${name}: left out: ${formatPictureFaults(skipped, folder).replace(/^ {2}/, '')}`);
  }
  const out = new Set(skipped.map(({ imageId }) => imageId));
  const rest = out.size > 0 ? { imageIds: wanted.filter((id) => !out.has(id)) } : part;
  return { dataset: withSizes(dataset, sizes), folder, ...rest, skipped };
}

async function readAnnotations(
  { annotations, images, split, name = 'data' }: DataSource,
  { signal, onNote }: { readonly signal: AbortSignal | undefined; readonly onNote: OpenDataOptions['onNote'] },
): Promise<Pick<CocoData, 'dataset' | 'folder'> & { readonly ofClasses: boolean }> {
  if (await isFolder(annotations)) {
    const told = onNote && ((note: string) => onNote(`${name}: ${note}`));
    const dataset = await loadClassFolder(annotations, defined({ signal, onNote: told }));
    return { dataset, folder: images ?? annotations, ofClasses: true };
  }
  if (isDataYaml(annotations)) {
    const report = new ConversionReport();
    const dataset = await loadYolo(annotations, { report, ...defined({ images, split, signal }) });
    if (report.entries.length > 0) onNote?.(`${name}: ${formatConversion(report)}`);
    const { root } = await findSplit(await readDataYaml(annotations), split);
    return { dataset, folder: root, ofClasses: false };
  }
  if (images === undefined) {
    const expected = `the folder of the pictures, as ${annotations} is no folder with classes`;
    throw new CocoArgumentError('openData', 'images', images, expected);
  }
  return { dataset: await loadDataset(annotations, defined({ signal })), folder: images, ofClasses: false };
}

/** What is not there is left to the reader of files. */
const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

/** In the order of the images list; the first pictures of the folder alone would all be of one class. */
function firstOfEachClass(dataset: CocoDataset, limit = Number.POSITIVE_INFINITY): readonly CocoId[] {
  const all = dataset.getImgIds();
  if (limit >= all.length) return all;
  const { categoryIndex, categoryIds } = dataset.columns.annotations;
  const seen = new Array<number>(categoryIds.length).fill(0);
  // Picture and label have the same row.
  const places = all.map((_, row) => ({ row, turn: seen[categoryIndex[row]!]!++ }));
  const first = places.sort((a, b) => a.turn - b.turn || a.row - b.row).slice(0, limit);
  return first.sort((a, b) => a.row - b.row).map(({ row }) => all[row]!);
}

interface Looked {
  readonly place: string;
  readonly folder: string;
  /** Pictures that were looked at. */
  readonly looked: number;
  readonly onUnreadable: PictureRules['onUnreadable'];
}

const SKIP: OptionHint = { option: 'onUnreadable', value: 'skip', text: 'option onUnreadable: "skip"' };
const NO_CHECK: OptionHint = { option: 'check', value: undefined, text: 'option check: false' };

/** The faults that are no reason to stop. @throws CocoError for the others. */
function unreadable(faults: readonly PictureFault[], { place, folder, looked, onUnreadable }: Looked) {
  const fail = (what: string, found: readonly PictureFault[], remedy: readonly string[], ...hints: OptionHint[]) => {
    const count = `${found.length} of ${counted(looked, 'picture')} ${what}`;
    const text = [`${place}: ${count}:`, formatPictureFaults(found, folder), ...remedy].join('\n');
    throw new CocoError('ICCONV_COCO_PICTURES', text, { hints });
  };
  const wrong = faults.filter(({ kind }) => kind === 'size');
  if (wrong.length > 0) {
    const remedy = [
      'take the pictures that the annotations were made on; or, if the boxes fit these all the same,',
      `${NO_CHECK.text} (in a configuration data.check: false) takes them as they are`,
    ];
    fail('have another size than the file says, so its boxes are of other pictures', wrong, remedy, NO_CHECK);
  }
  if (faults.length > 0 && onUnreadable === 'stop') {
    const remedy = `${SKIP.text} (in a configuration data.onUnreadable: skip) leaves such pictures out`;
    fail('cannot be read', faults, [remedy], SKIP);
  }
  if (faults.length === looked && looked > 0) fail('cannot be read: none is left', faults, []);
  return faults;
}
