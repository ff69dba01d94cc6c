/** Folders of YOLO labels, read with the pictures that they belong to, and written whole. */
import { access } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { defined, isPictureName, NameCollisionError, withoutExtension } from '@icconv/base';
import { readText, resolveInside, writeFolderAtomically } from '@icconv/base/files';
import { imageSize } from '@icconv/base/pictures';
import type { ConversionReport } from '../convert/report';
import { datasetFromYolo, resultsFromYolo } from '../convert/yolo/read';
import type { ReportOption, YoloDataset, YoloImage, YoloWriteOptions } from '../convert/yolo/types';
import { datasetToYolo } from '../convert/yolo/write';
import type { CocoDataset } from '../data/dataset';
import type { CocoResults } from '../data/results';
import { CocoArgumentError, CocoFormatError } from '../errors';
import { eachAtOnce } from './at-once';
import { findSplit, isDataYaml, readDataYaml, readPictureList, type Split } from './data-yaml';
import { listFiles } from './listing';

const NAMES_FILE = 'classes.txt';

export interface YoloFolderOptions extends ReportOption, Pick<YoloDataset, 'kind' | 'keypointShape'> {
  /**
   * Folder of the pictures, for their sizes; a picture `a/1.jpg` has the labels `a/1.txt`. Needed with a folder of labels; a `data.yaml`
   * names its own.
   */
  readonly images?: string;
  /** Names by class number. @defaultValue those of `data.yaml`, or the lines of `classes.txt` in the labels folder */
  readonly names?: readonly string[];
  /** Which pictures of a `data.yaml`. @defaultValue the only one */
  readonly split?: Split;
  /** Leave out pictures without a labels file. @defaultValue `false`: they teach what is background */
  readonly labelledOnly?: boolean;
  readonly signal?: AbortSignal;
}

/** A picture and where its labels would lie. */
interface Pair {
  readonly fileName: string;
  readonly picture: string;
  readonly labels: string;
}

/**
 * Reads YOLO labels: a folder of them, or the data set that a `data.yaml` describes, whose pictures are then named from its `path` on.
 * Every picture becomes an image, also those without labels; labels without a picture are reported.
 *
 * @throws {@link CocoFormatError} by file and line, as {@link datasetFromYolo}; ImageDecodeError for a picture that cannot be read;
 * NameCollisionError where two pictures have one labels file.
 */
export async function loadYolo(labels: string, options: YoloFolderOptions = {}): Promise<CocoDataset> {
  const { report, kind, keypointShape } = options;
  const described = isDataYaml(labels) ? await describedPairs(labels, options) : await folderPairs(labels, options);
  const images = await readPairs(described, options);
  const yolo: YoloDataset = {
    names: options.names ?? described.names,
    images,
    ...defined({
      kind,
      keypointShape: keypointShape ?? described.keypointShape,
      keypointNames: described.keypointNames,
    }),
  };
  return datasetFromYolo(yolo, defined({ report }));
}

/** Reads a folder of YOLO results (labels with a score at the end of each row) for the images of a dataset. */
export async function loadYoloResults(
  labels: string,
  options: Omit<YoloFolderOptions, 'names' | 'split'> & { readonly images: string; readonly dataset: CocoDataset },
): Promise<CocoResults> {
  const { dataset, report, kind, keypointShape } = options;
  const images = await readPairs(await pairsOf(labels, options.images), { ...options, labelledOnly: true });
  return resultsFromYolo(images, dataset, defined({ report, kind, keypointShape }));
}

/**
 * Writes a folder of YOLO labels and `classes.txt`, in the folders of their pictures (`a/1.txt` for `a/1.jpg`). An older folder is
 * replaced as a whole; one with files that are not written anew is refused.
 *
 * @throws NameCollisionError where two pictures would have one labels file; FileError; as {@link datasetToYolo}.
 */
export async function saveYolo(folder: string, dataset: CocoDataset, options: YoloWriteOptions = {}): Promise<void> {
  const { names, images } = datasetToYolo(dataset, options);
  const files = images.map((image) => ({ ...image, name: `${withoutExtension(image.fileName)}.txt` }));
  const written = new Set([NAMES_FILE, ...files.map(({ name }) => name)]);
  await writeFolderAtomically(
    folder,
    async (out) => {
      await out.add(NAMES_FILE, names.map((name) => `${name}\n`).join(''), 'the names of the classes');
      await eachAtOnce(files, ({ name, labels, fileName }) => out.add(name, labels, fileName));
    },
    { replaces: (name) => written.has(name) },
  );
}

/** Names of classes from a file: a `data.yaml`, or one a line. @throws {@link CocoFormatError} for an empty line; FileError. */
export async function readClassNames(path: string): Promise<readonly string[]> {
  if (isDataYaml(path)) return (await readDataYaml(path)).names;
  const names = (await readText(path))
    .trimEnd()
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim());
  // Left out, it would give all that follow another number.
  const empty = names.indexOf('');
  if (empty >= 0) throw new CocoFormatError(path, `line ${empty + 1} is empty: each line is the name of a class`);
  if (names.every((name, k) => new RegExp(`^${k}\\s*[:=,\\s]\\s*\\S`).test(name))) {
    throw new CocoFormatError(path, `the lines begin with their numbers (${names[0]}): expected the names alone`);
  }
  return names;
}

/** Pairs, and what is known of all of them. */
interface Pairs extends Pick<YoloDataset, 'names' | 'keypointShape' | 'keypointNames'> {
  readonly pairs: readonly Pair[];
  /** Paths of all labels files there are. */
  readonly labelFiles: ReadonlySet<string>;
}

async function folderPairs(labels: string, options: YoloFolderOptions): Promise<Pairs> {
  const { images } = options;
  if (images === undefined) {
    throw new CocoArgumentError('loadYolo', 'images', images, 'the folder of the pictures, or read a data.yaml');
  }
  if (options.split !== undefined) {
    throw new CocoArgumentError(
      'loadYolo',
      'split',
      options.split,
      'not given for a folder of labels: a data.yaml has splits',
    );
  }
  const found = await pairsOf(labels, images);
  if (options.names !== undefined) return found;
  const namesFile = join(labels, NAMES_FILE);
  const taken = found.pairs.find((pair) => pair.labels === namesFile);
  if (taken !== undefined) throw new NameCollisionError(namesFile, [taken.fileName, 'the names of the classes']);
  return { ...found, names: await readClassNames(namesFile) };
}

async function pairsOf(labels: string, images: string): Promise<Pairs> {
  const pictures = await listFiles(images, isPictureName);
  if (pictures.length === 0) throw new CocoArgumentError('loadYolo', 'images', images, 'a folder with pictures');
  const pairs = pictures.map((fileName) => ({
    fileName,
    picture: resolveInside(images, fileName),
    labels: resolveInside(labels, `${withoutExtension(fileName)}.txt`),
  }));
  return { names: [], pairs, labelFiles: new Set(await labelsIn(labels)) };
}

const labelsIn = async (folder: string): Promise<string[]> =>
  (await listFiles(folder, (name) => /\.txt$/i.test(name))).map((name) => resolveInside(folder, name));

async function describedPairs(path: string, options: YoloFolderOptions): Promise<Pairs> {
  if (options.images !== undefined) {
    throw new CocoArgumentError('loadYolo', 'images', options.images, 'not given for a data.yaml, which names its own');
  }
  const description = await readDataYaml(path);
  const { root, entries } = await findSplit(description, options.split);
  const pairs = new Map<string, Pair>();
  const labelFiles = new Set<string>();
  for (const entry of entries) {
    const pictures = entry.isList
      ? await readPictureList(entry.path, root)
      : (await listFiles(entry.path, isPictureName)).map((name) => resolveInside(entry.path, name));
    for (const picture of pictures) {
      const fileName = relative(root, picture).split(sep).join('/');
      pairs.set(picture, { fileName, picture, labels: labelsOf(picture) });
    }
    const present = entry.isList ? await existing(pictures.map(labelsOf)) : await existingLabels(entry.path);
    for (const file of present) labelFiles.add(file);
  }
  if (pairs.size === 0) throw new CocoFormatError(path, 'the folders of the pictures are empty');
  return { ...description, pairs: [...pairs.values()], labelFiles };
}

/** As in Ultralytics: the last folder `images` on the way becomes `labels`; without one the labels lie beside the pictures. */
function labelsOf(picture: string): string {
  return `${withoutExtension(labelsFolder(picture))}.txt`;
}

function labelsFolder(path: string): string {
  const parts = path.split(sep);
  const at = parts.lastIndexOf('images', -2);
  if (at < 0) return path;
  return [...parts.slice(0, at), 'labels', ...parts.slice(at + 1)].join(sep);
}

/** All labels files where those of the pictures in a folder would lie; none where there is no such folder. */
async function existingLabels(pictures: string): Promise<string[]> {
  // The folder itself may be called images.
  const folder = dirname(labelsFolder(join(pictures, 'x')));
  return (await existing([folder])).length === 0 ? [] : labelsIn(folder);
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const there = await eachAtOnce(paths, (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
  return paths.filter((_, i) => there[i]);
}

/** Sizes and labels of the pictures. */
async function readPairs(found: Pairs, options: YoloFolderOptions): Promise<YoloImage[]> {
  const { report, labelledOnly = false, signal } = options;
  // Disks differ in how they spell accents: as one letter, or as two.
  const present = new Map([...found.labelFiles].map((file) => [file.normalize('NFC'), file]));
  const owners = new Map<string, string>();
  for (const { labels: written, fileName } of found.pairs) {
    const labels = written.normalize('NFC');
    const other = owners.get(labels);
    if (other !== undefined) throw new NameCollisionError(labels, [other, fileName]);
    owners.set(labels, fileName);
  }
  const lost = [...found.labelFiles].filter(
    (file) => !owners.has(file.normalize('NFC')) && !file.endsWith(`${sep}${NAMES_FILE}`),
  );
  if (lost.length > 0 && found.pairs.every(({ labels }) => !present.has(labels.normalize('NFC')))) {
    const { fileName, labels } = found.pairs[0]!;
    throw new CocoFormatError(lost[0]!, `no labels file belongs to a picture: ${fileName} would have ${labels}`);
  }
  for (const file of lost) report?.add('label-without-picture', file);
  const images = await eachAtOnce(found.pairs, async ({ fileName, picture, labels: expected }) => {
    signal?.throwIfAborted();
    const there = present.get(expected.normalize('NFC'));
    const [labelled, labels] = [there !== undefined, there ?? expected];
    if (!labelled && labelledOnly) return undefined;
    const size = await imageSize(picture, signal === undefined ? {} : { signal });
    return { fileName, ...size, labels: labelled ? await readText(labels) : '', labelsName: labels, labelled };
  });
  reportUnlabelled(images, found.pairs, labelledOnly, report);
  return images.filter((image) => image !== undefined);
}

function reportUnlabelled(
  images: readonly ({ readonly labelled: boolean } | undefined)[],
  pairs: readonly Pair[],
  labelledOnly: boolean,
  report: ConversionReport | undefined,
): void {
  images.forEach((image, i) => {
    if (image?.labelled) return;
    report?.add(labelledOnly ? 'unlabelled-left-out' : 'picture-without-label', pairs[i]!.fileName);
  });
}
