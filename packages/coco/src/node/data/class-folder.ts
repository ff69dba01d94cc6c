/**
 * Labels of whole pictures from a folder with one folder of pictures for each class: the layout of torchvision's ImageFolder, with its
 * order of the classes.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, defined, FileError, isPictureName, listed, PICTURE_EXTENSIONS } from '@icconv/base';
import { CocoDataset } from '../../data/dataset';
import { CocoFormatError } from '../../errors';
import { listFiles, listFolders, portableName } from '../listing';

export interface ClassFolderOptions {
  readonly signal?: AbortSignal;
  /** What may not be meant, as text: classes without pictures, pictures of no class, a single class, links that lead out of the folder. */
  readonly onNote?: (note: string) => void;
}

/**
 * Reads `folder/<class>/**` as a data set of labels: categories with ids from 1 on, sorted by name (by code points, as Python does), and
 * for each picture one annotation that has a category and no box. Pictures are sorted by their names; sizes are not known before
 * `checkPictures`. Hidden files are left out, symbolic links followed. A class without pictures keeps its number.
 *
 * Names of classes are in Unicode's composed form (NFC), whatever the disk makes of them, so that two computers have the same classes.
 *
 * @throws FileError where it is no folder or cannot be read; {@link CocoFormatError} where it holds no class folders or no picture, and for
 *   classes whose names differ only in case; UnsafeNameError for a name that is no name on every system.
 * @example
 * ```ts
 * const dataset = await loadClassFolder('birds/train'); // birds/train/wren/1.jpg, birds/train/robin/a/2.jpg
 * dataset.categories; // [{ id: 1, name: 'robin' }, { id: 2, name: 'wren' }]
 * ```
 */
export async function loadClassFolder(folder: string, options: ClassFolderOptions = {}): Promise<CocoDataset> {
  const { signal, onNote } = options;
  await requireFolder(folder);
  const outside: string[] = [];
  const files = await listFiles(folder, isPictureName, {
    ...defined({ signal }),
    ...(onNote !== undefined && { onOutside: (name) => outside.push(name) }),
  });
  const loose = files.filter((name) => !name.includes('/'));
  const classes = classesOf(folder, await listFolders(folder));
  if (classes.length === 0) throw await noClasses(folder, loose);
  const numbers = new Map(classes.map((one, index) => [one.folder, index]));
  const pictures = files.filter((name) => name.includes('/'));
  const labels = pictures.map((name) => numbers.get(name.slice(0, name.indexOf('/')))!);
  if (pictures.length === 0) {
    const names = some(classes.map(({ name }) => name));
    const problem = `no picture in its class folders (${names}); endings of pictures are ${PICTURE_EXTENSIONS.join(' ')}`;
    throw new CocoFormatError(folder, problem);
  }
  if (onNote !== undefined) {
    for (const note of await oddities({ folder, classes, labels, loose, outside: outside.sort() })) onNote(note);
  }
  return CocoDataset.parse(
    {
      images: pictures.map((file_name, i) => ({ id: i + 1, file_name })),
      categories: classes.map(({ name }, i) => ({ id: i + 1, name })),
      annotations: labels.map((label, i) => ({ id: i + 1, image_id: i + 1, category_id: label + 1 })),
    },
    { source: folder },
  );
}

const SHOWN = 5;
const some = (names: readonly string[]): string => listed(names.slice(0, SHOWN), names.length);

async function requireFolder(folder: string): Promise<void> {
  const status = await stat(folder).catch((error: unknown) => {
    throw FileError.from(folder, 'cannot be read', error);
  });
  if (status.isDirectory()) return;
  throw new FileError(folder, 'cannot be read', 'it is a file; expected is a folder with one folder for each class');
}

interface ClassOfFolder {
  /** As the disk spells it. */
  readonly folder: string;
  readonly name: string;
}

/** In the order of their numbers. */
function classesOf(folder: string, folders: readonly string[]): ClassOfFolder[] {
  const taken = new Map<string, string>();
  for (const name of folders) {
    // Disks of Windows and macOS take such names for one, and so would a class's name in a table.
    const key = portableName(name, folder).normalize('NFC').toLowerCase();
    const other = taken.get(key);
    if (other !== undefined) {
      const problem = `the class folders "${other}" and "${name}" differ only in case or in how accents are spelled`;
      throw new CocoFormatError(folder, `${problem}; put their pictures into one, or rename one`);
    }
    taken.set(key, name);
  }
  return folders
    .map((own) => ({ folder: own, name: own.normalize('NFC') }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

async function noClasses(folder: string, loose: readonly string[]): Promise<CocoFormatError> {
  if (loose.length > 0) {
    const found = `its ${counted(loose.length, 'picture')} (${some(loose)}) lie in it directly`;
    return new CocoFormatError(folder, `no class folders: ${found}; put those of each class into a folder of its name`);
  }
  for (const [ending, remedy] of ANNOTATIONS) {
    const found = await listFiles(folder, (name) => ending.test(name));
    if (found.length > 0) return new CocoFormatError(folder, `no class folders, but ${some(found)}: ${remedy}`);
  }
  return new CocoFormatError(folder, 'no class folders, expected is one folder with pictures for each class');
}

/** What lies where folders of classes were looked for, and what its owner wants. */
const ANNOTATIONS: readonly (readonly [ending: RegExp, remedy: string])[] = [
  [/\.json$/i, "give the file itself for annotations in COCO's format"],
  [/\.ya?ml$/i, 'give the file itself for a description of YOLO labels'],
  [/\.xml$/i, "make COCO's format of Pascal VOC, icconv coco convert FOLDER train.json --from voc, and give that"],
  [
    /\.txt$/i,
    "make COCO's format of YOLO labels, icconv coco convert FOLDER train.json --from yolo --images IMAGES, and give that",
  ],
];

/** What the parts of data sets are called. */
const PARTS = new Set(['train', 'training', 'val', 'valid', 'validation', 'test', 'testing']);

interface FoundClasses {
  readonly folder: string;
  readonly classes: readonly ClassOfFolder[];
  readonly labels: readonly number[];
  readonly loose: readonly string[];
  readonly outside: readonly string[];
}

async function oddities({ folder, classes, labels, loose, outside }: FoundClasses): Promise<string[]> {
  const notes: string[] = [];
  const used = new Set(labels);
  const names = classes.map(({ name }) => name);
  const empty = names.filter((_, index) => !used.has(index));
  if (empty.length > 0) {
    notes.push(`no picture in ${counted(empty.length, 'class folder')}, which stay classes: ${some(empty)}`);
  }
  if (loose.length > 0) {
    notes.push(
      `${counted(loose.length, 'picture')} beside the class folders, of no class and left out: ${some(loose)}`,
    );
  }
  const first = join(folder, classes[0]!.folder);
  if (names.every((name) => PARTS.has(name.toLowerCase()))) {
    notes.push(`the classes are ${some(names)}, which reads like parts of a data set; if so, give ${first}`);
  } else if (classes.length === 1) {
    const inner = (await listFolders(first)).sort();
    notes.push(
      `${names[0]} is the only class${inner.length < 2 ? '' : `; if ${some(inner)} are meant, give ${first}`}`,
    );
  }
  if (outside.length > 0) {
    notes.push(`${counted(outside.length, 'symbolic link')} out of the folder, followed: ${some(outside)}`);
  }
  return notes;
}
