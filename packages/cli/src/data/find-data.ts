/** Data to learn from in a folder, by what such folders look like. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { defined, isPictureName } from '@icconv/base';
import { loadDataset, pictureFiles } from '@icconv/coco/node';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { DataFlags } from '../config/given-config';

type FoundData = Pick<DataFlags, 'data' | 'images' | 'val' | 'valImages'>;

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
  const files: string[] = [];
  for (const place of PLACES) {
    for (const name of await list(join(folder, place))) {
      if (extname(name) === '.json' && (await isAnnotations(join(folder, place, name))))
        files.push(join(folder, place, name));
    }
  }
  const of = (part: 'train' | 'val') => files.find((file) => splitOf(file) === part);
  const data = of('train') ?? (files.length === 1 ? files[0] : undefined);
  if (data === undefined) return undefined;
  const val = of('val');
  const images = given.images ?? (await findPictures(folder, data, 'train'));
  if (val === undefined || val === data || given.val !== undefined) return { data, images };
  return { data, images, val, valImages: given.valImages ?? (await findPictures(folder, val, 'val', given.images)) };
}

/** By the file's name, then by its folder's: `instances_val2017.json`, `train/_annotations.coco.json`. */
function splitOf(file: string): 'train' | 'val' | undefined {
  for (const name of [basename(file), basename(dirname(file))]) {
    if (/train/i.test(name)) return 'train';
    if (/val|test/i.test(name)) return 'val';
  }
  return undefined;
}

/** A list of images in it, which configurations and schemas lack. */
async function isAnnotations(path: string): Promise<boolean> {
  const dataset = await loadDataset(path).catch(() => undefined);
  return dataset !== undefined && dataset.getImgIds().length > 0 && dataset.categories.length > 0;
}

/** The folder that has the first picture. @param first - where to look first. */
async function findPictures(
  folder: string,
  annotations: string,
  part: 'train' | 'val',
  first?: string,
): Promise<string> {
  const dataset = await loadDataset(annotations);
  const imageIds = dataset.getImgIds().slice(0, 1);
  const places = PICTURES.flatMap((place) =>
    place.includes('*') ? NAMES[part].map((split) => place.replace('*', split)) : [place],
  );
  for (const place of [
    ...(first === undefined ? [] : [first]),
    dirname(annotations),
    ...places.map((place) => join(folder, place)),
  ]) {
    const found = pictureFiles({ dataset, folder: place, imageIds }).every(({ image }) => existsSync(image));
    if (found) return place;
  }
  throw new InvalidArgumentError(
    'init',
    part === 'train' ? '--images' : '--val-images',
    undefined,
    `given: ${dataset.loadImgs(imageIds)[0]!.file_name} of ${annotations} is in none of the usual folders`,
  );
}

async function holdsClasses(folder: string): Promise<boolean> {
  const inner = await Promise.all((await list(folder)).map((name) => list(join(folder, name))));
  return inner.filter((names) => names.some(isPictureName)).length >= 2;
}

const list = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).sort();
