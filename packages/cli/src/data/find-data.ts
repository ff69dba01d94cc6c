/** Data to learn from in a folder, by what such folders look like. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { defined, isPictureName } from '@icconv/base';
import type { CocoDataset } from '@icconv/coco';
import { loadDataset, pictureFiles } from '@icconv/coco/node';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { DataFlags } from '../config/given-config';

interface FoundData extends Pick<DataFlags, 'data' | 'images' | 'val' | 'valImages'> {
  /** Of `data`, where finding it took reading it. */
  readonly dataset?: CocoDataset;
}

interface AnnotationFile {
  readonly path: string;
  readonly dataset: CocoDataset;
}

/** Where annotations lie beside their pictures, deepest first. */
const PLACES = ['.', 'annotations', 'train', 'valid', 'val'];
/** Where the pictures of annotations may be, seen from the data's folder; `*` is the split. */
const PICTURES = ['images', '*', 'images/*', '*2017', '.'];
const NAMES = { train: ['train'], val: ['val', 'valid', 'test'] } as const;

/**
 * A `data.yaml`; annotations in COCO's format with the folder of their pictures; or a folder with one folder of pictures for each class.
 *
 * @param given - is not looked for.
 * @throws InvalidArgumentError where nothing of these is found.
 */
export async function findTrainingData(folder: string, given: Omit<FoundData, 'data'> = {}): Promise<FoundData> {
  const { val, valImages, ...found } = await find(folder, given);
  return { ...found, ...(given.val === undefined && defined({ val, valImages })), ...defined(given) };
}

async function find(folder: string, given: Omit<FoundData, 'data'>): Promise<FoundData> {
  const names = await list(folder);
  const described = names.find((name) => /^data\.ya?ml$/i.test(name));
  if (described !== undefined) return { data: join(folder, described) };
  const annotated = await findAnnotations(folder, given);
  if (annotated !== undefined) return annotated;
  const train = (await holdsClasses(join(folder, 'train'))) ? join(folder, 'train') : undefined;
  if (train !== undefined) {
    for (const name of NAMES.val) {
      if (await holdsClasses(join(folder, name))) return { data: train, val: join(folder, name) };
    }
    return { data: train };
  }
  if (await holdsClasses(folder)) return { data: folder };
  const expected = 'a folder with a data.yaml, annotations in COCO’s format, or a folder for each class; or --data';
  throw new InvalidArgumentError('init', '--data', folder, expected);
}

async function findAnnotations(folder: string, given: Omit<FoundData, 'data'>): Promise<FoundData | undefined> {
  const files: AnnotationFile[] = [];
  for (const place of PLACES) {
    for (const name of await list(join(folder, place))) {
      if (extname(name) !== '.json') continue;
      const path = join(folder, place, name);
      const dataset = await readAnnotations(path);
      if (dataset !== undefined) files.push({ path, dataset });
    }
  }
  const of = (part: 'train' | 'val') => files.find(({ path }) => splitOf(path) === part);
  const train = of('train') ?? (files.length === 1 ? files[0] : undefined);
  if (train === undefined) return undefined;
  const val = of('val');
  const { path, dataset } = train;
  const found = { data: path, images: given.images ?? findPictures(folder, train, 'train'), dataset };
  if (val === undefined || val === train || given.val !== undefined) return found;
  return { ...found, val: val.path, valImages: given.valImages ?? findPictures(folder, val, 'val', given.images) };
}

/** By the file's name, then by its folder's: `instances_val2017.json`, `train/_annotations.coco.json`. */
function splitOf(file: string): 'train' | 'val' | undefined {
  for (const name of [basename(file), basename(dirname(file))]) {
    if (/train/i.test(name)) return 'train';
    if (/val|test/i.test(name)) return 'val';
  }
  return undefined;
}

/** Undefined without a list of images, which configurations and schemas lack. */
async function readAnnotations(path: string): Promise<CocoDataset | undefined> {
  const dataset = await loadDataset(path).catch(() => undefined);
  return dataset !== undefined && dataset.getImgIds().length > 0 && dataset.categories.length > 0 ? dataset : undefined;
}

/** The folder that has the first picture. @param first - where to look first. */
function findPictures(
  folder: string,
  { path, dataset }: AnnotationFile,
  part: 'train' | 'val',
  first?: string,
): string {
  const imageIds = dataset.getImgIds().slice(0, 1);
  const places = PICTURES.flatMap((place) =>
    place.includes('*') ? NAMES[part].map((split) => place.replace('*', split)) : [place],
  );
  for (const place of [
    ...(first === undefined ? [] : [first]),
    dirname(path),
    ...places.map((place) => join(folder, place)),
  ]) {
    const found = pictureFiles({ dataset, folder: place, imageIds }).every(({ image }) => existsSync(image));
    if (found) return place;
  }
  throw new InvalidArgumentError(
    'init',
    part === 'train' ? '--images' : '--val-images',
    undefined,
    `given: ${dataset.loadImgs(imageIds)[0]!.file_name} of ${path} is in none of the usual folders`,
  );
}

async function holdsClasses(folder: string): Promise<boolean> {
  const inner = await Promise.all((await list(folder)).map((name) => list(join(folder, name))));
  return inner.filter((names) => names.some(isPictureName)).length >= 2;
}

const list = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).sort();
