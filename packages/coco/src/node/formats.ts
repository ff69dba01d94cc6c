/** Folders and files of other formats, read and written whole. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { imageSizeFromFile } from 'image-size/fromFile';
import { datasetFromVoc, datasetToVoc } from '../convert/voc';
import { datasetFromYolo, datasetToYolo, resultsFromYolo, type YoloImage } from '../convert/yolo';
import type { CocoDataset } from '../data/dataset';
import type { CocoResults } from '../data/results';
import { CocoArgumentError, CocoError } from '../errors';

export interface YoloFolderOptions {
  /** Folder of the pictures, for their sizes; names equal those of the labels. */
  readonly images: string;
  /** Names by class number. @defaultValue the lines of `classes.txt` in the labels folder */
  readonly names?: readonly string[];
}

/** Reads a folder of YOLO labels. Every picture becomes an image, also those without labels. */
export async function loadYolo(labels: string, options: YoloFolderOptions): Promise<CocoDataset> {
  const names = options.names ?? (await lines(join(labels, 'classes.txt')));
  return datasetFromYolo({ names, images: await yoloImages(labels, options.images) });
}

/** Reads a folder of YOLO results (`class cx cy w h score`) for the images of a dataset. */
export async function loadYoloResults(
  labels: string,
  options: { readonly images: string; readonly dataset: CocoDataset },
): Promise<CocoResults> {
  return resultsFromYolo(await yoloImages(labels, options.images), options.dataset);
}

/** Writes a folder of YOLO labels and `classes.txt`. */
export async function saveYolo(
  folder: string,
  dataset: CocoDataset,
  options: { readonly polygons?: boolean } = {},
): Promise<void> {
  const { names, images } = datasetToYolo(dataset, options);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'classes.txt'), names.map((name) => `${name}\n`).join(''));
  for (const image of images) await writeFile(join(folder, `${stem(image.fileName)}.txt`), image.labels);
}

/** Reads a folder of Pascal VOC files. */
export async function loadVoc(
  folder: string,
  options: { readonly names?: readonly string[] } = {},
): Promise<CocoDataset> {
  const files = (await list(folder)).filter((name) => extname(name).toLowerCase() === '.xml');
  if (files.length === 0) throw new CocoArgumentError('loadVoc', 'folder', folder, 'a folder with .xml files');
  const read = files.map(async (fileName) => ({ fileName, xml: await readFile(join(folder, fileName), 'utf8') }));
  return datasetFromVoc(await Promise.all(read), options);
}

/** Writes a folder of Pascal VOC files. */
export async function saveVoc(folder: string, dataset: CocoDataset): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { fileName, xml } of datasetToVoc(dataset)) await writeFile(join(folder, fileName), xml);
}

const PICTURES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.bmp', '.gif', '.tif', '.tiff']);

async function yoloImages(labels: string, pictures: string): Promise<YoloImage[]> {
  const files = (await list(pictures)).filter((name) => PICTURES.has(extname(name).toLowerCase()));
  if (files.length === 0) throw new CocoArgumentError('loadYolo', 'images', pictures, 'a folder with pictures');
  const written = new Set(await list(labels));
  const images: YoloImage[] = [];
  for (const fileName of files) {
    const path = join(pictures, fileName);
    const { width, height } = await imageSizeFromFile(path).catch((cause: unknown) => {
      throw new CocoError('ICCONV_COCO_FILE', `cannot read the size of ${path}: ${(cause as Error).message}`, {
        cause,
      });
    });
    const name = `${stem(fileName)}.txt`;
    images.push({
      fileName,
      width,
      height,
      labels: written.has(name) ? await readFile(join(labels, name), 'utf8') : '',
    });
  }
  return images;
}

async function lines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CocoError('ICCONV_COCO_FILE', `cannot read the class names ${path}: ${(cause as Error).message}`, {
      cause,
    });
  });
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** File names of a folder, sorted. */
async function list(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new CocoError('ICCONV_COCO_FILE', `cannot read the folder ${folder}: ${(cause as Error).message}`, { cause });
  });
  return names.sort();
}

const stem = (path: string) => basename(path, extname(path));
