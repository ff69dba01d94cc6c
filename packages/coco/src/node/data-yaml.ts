/** Ultralytics' description of a data set, `data.yaml`: names of the classes, folders of the pictures. */
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { isRecord, relativeName } from '@icconv/base';
import { readText, resolveInside } from '@icconv/base/files';
import { keypointNames } from '../convert/yolo/keypoint-names';
import type { KeypointShape } from '../convert/yolo/types';
import { CocoArgumentError, CocoFormatError } from '../errors';

export type Split = 'train' | 'val' | 'test';

const SPLITS: readonly Split[] = ['train', 'val', 'test'];

export interface DataDescription {
  /** The file it came from. */
  readonly source: string;
  /** Names by class number. */
  readonly names: readonly string[];
  /** Folder that everything is relative to, as written. */
  readonly path: string | undefined;
  /** Folders of pictures, or lists of pictures (.txt), as written. */
  readonly splits: Readonly<Partial<Record<Split, readonly string[]>>>;
  readonly keypointShape?: KeypointShape;
  readonly keypointNames?: readonly string[];
}

/** Descriptions are short; more is something else. */
const MAX_BYTES = 2 ** 22;
const MAX_CLASSES = 100_000;
const MAX_KEYPOINTS = 10_000;

export const isDataYaml = (path: string): boolean => /\.ya?ml$/i.test(path);

export async function readDataYaml(path: string): Promise<DataDescription> {
  const text = await readText(path, { maxBytes: MAX_BYTES });
  // Most programs that read data read none of these.
  return parseDataYaml(text, path, await import('yaml'));
}

/** @throws {@link CocoFormatError} with what is expected. */
export function parseDataYaml(text: string, source: string, yaml: typeof import('yaml')): DataDescription {
  const fail = (problem: string): never => {
    throw new CocoFormatError(source, problem);
  };
  const root = parseYaml(text, source, yaml);
  if (!isRecord(root)) return fail('expected fields as names, path, train and val');
  const { path } = root;
  if (path !== undefined && path !== null && typeof path !== 'string') fail('path must be the name of a folder');
  const splits: Partial<Record<Split, readonly string[]>> = {};
  for (const split of SPLITS) {
    const value = root[split] ?? (split === 'val' ? root.valid : undefined) ?? undefined;
    if (value === undefined || value === '') continue;
    const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
    splits[split] = entries.map((entry) =>
      typeof entry === 'string' && entry !== '' ? entry : fail(`${split} must be folders or lists (.txt) of pictures`),
    );
  }
  return {
    source,
    names: namesOf(root, fail),
    path: typeof path === 'string' && path !== '' ? path : undefined,
    splits,
    ...keypointsOf(root, fail),
  };
}

function parseYaml(text: string, source: string, yaml: typeof import('yaml')): unknown {
  const lines = new yaml.LineCounter();
  let problem: string;
  try {
    const document = yaml.parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
    const broken = document.errors[0];
    // Few aliases: nested ones stand for as much as anybody likes.
    if (broken === undefined) return document.toJS({ maxAliasCount: 100 });
    problem = `line ${lines.linePos(broken.pos[0]).line}: ${broken.message.split('\n')[0]}`;
  } catch (error) {
    problem = (error as Error).message;
  }
  throw new CocoFormatError(source, `no YAML: ${problem}`);
}

type Fail = (problem: string) => never;

/** A list, or a map from class numbers to names; `nc` alone gives names too. */
function namesOf({ names, nc }: Readonly<Record<string, unknown>>, fail: Fail): readonly string[] {
  const count = nc === undefined || nc === null ? undefined : nc;
  if (count !== undefined && !isCount(count, MAX_CLASSES))
    fail(`nc must be the number of classes, received ${show(count)}`);
  if (names === undefined || names === null) {
    if (count === undefined) return fail('no names of classes');
    return Array.from({ length: count as number }, (_, k) => `class_${k}`);
  }
  const list = isRecord(names) ? listOf(names, fail) : names;
  if (!Array.isArray(list))
    return fail(`names must be a list, or a map from class numbers to names, received ${show(names)}`);
  const texts = list.map((name, k) =>
    isScalar(name) && String(name).trim() !== '' ? String(name).trim() : fail(`names: class ${k} has no name`),
  );
  if (texts.length === 0) fail('names is empty');
  if (count !== undefined && count !== texts.length) fail(`nc is ${count}, but there are ${texts.length} names`);
  return texts;
}

function listOf(map: Readonly<Record<string, unknown>>, fail: Fail): unknown[] {
  const keys = Object.keys(map);
  const list: unknown[] = new Array(keys.length).fill(undefined);
  for (const key of keys) {
    const k = /^\d+$/.test(key) ? Number(key) : -1;
    if (k < 0 || k >= keys.length) fail(`names: class numbers must be 0 to ${keys.length - 1}, received ${show(key)}`);
    list[k] = map[key];
  }
  return list;
}

/** Shape and names of the keypoints; the names also from the pairs of left and right alone. */
function keypointsOf(
  { kpt_shape: shape, kpt_names: names, flip_idx: flip }: Readonly<Record<string, unknown>>,
  fail: Fail,
): Pick<DataDescription, 'keypointShape' | 'keypointNames'> {
  if (shape === undefined || shape === null) return {};
  const [count, numbers] = Array.isArray(shape) && shape.length === 2 ? (shape as unknown[]) : [];
  if (!isCount(count, MAX_KEYPOINTS) || (numbers !== 2 && numbers !== 3)) {
    return fail(`kpt_shape must be [keypoints, 2 or 3], received ${show(shape)}`);
  }
  const named = names === undefined || names === null ? undefined : namesOfKeypoints(names, count, fail);
  const mirrored = flip === undefined || flip === null ? undefined : flipIndexOf(flip, count, fail);
  return { keypointShape: [count, numbers], keypointNames: named ?? keypointNames(count, mirrored) };
}

/** One list for all classes, or for each class the same. */
function namesOfKeypoints(value: unknown, count: number, fail: Fail): readonly string[] {
  const names = isRecord(value) ? Object.values(value)[0] : value;
  if (Array.isArray(names) && names.every(isScalar) && names.length === count) return names.map(String);
  return fail(`kpt_names must be a list of ${count} names, or such a list a class, received ${show(value)}`);
}

function flipIndexOf(value: unknown, count: number, fail: Fail): readonly number[] {
  const index: readonly unknown[] = Array.isArray(value) ? value : [];
  if (index.length === count && index.every((other, i) => index[other as number] === i)) return index as number[];
  return fail(`flip_idx must be ${count} keypoint numbers in pairs, received ${show(value)}`);
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);
const isCount = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

/** A folder or a list of a split, found. */
export interface SplitEntry {
  readonly path: string;
  readonly isList: boolean;
}

/**
 * Where the pictures of a split lie. Everything lies inside one folder: `path`, relative to the description itself; the description's own
 * folder where `path` is not given, or is a place of another machine.
 *
 * @throws {@link CocoFormatError} for what lies outside of it or is not there; {@link CocoArgumentError} for a split to choose.
 */
export async function findSplit(
  description: DataDescription,
  wanted: Split | undefined,
): Promise<{ readonly root: string; readonly entries: readonly SplitEntry[] }> {
  const { source, splits } = description;
  const split = chooseSplit(description, wanted);
  const own = resolve(dirname(source));
  const given = description.path === undefined ? undefined : resolve(own, description.path.replaceAll('\\', '/'));
  const roots = given === undefined ? [own] : [given, own];
  for (const root of roots) {
    const entries = await Promise.all(splits[split]!.map((entry) => findEntry(root, entry)));
    const found = entries.filter((entry) => entry !== undefined);
    if (found.length === entries.length) return { root, entries: found };
  }
  const where = roots.join(' or ');
  const problem = `${split}: ${splits[split]!.join(', ')} does not lie in ${where}; set path to the folder that holds all pictures and labels`;
  throw new CocoFormatError(source, problem);
}

function chooseSplit({ source, splits }: DataDescription, wanted: Split | undefined): Split {
  const known = SPLITS.filter((split) => splits[split] !== undefined);
  const split = wanted ?? (known.length === 1 ? known[0] : undefined);
  if (split !== undefined && known.includes(split)) return split;
  if (known.length === 0) throw new CocoFormatError(source, 'names no folder of pictures: expected train, val or test');
  throw new CocoArgumentError('loadYolo', 'split', wanted, known.join(' or '));
}

/** Exports of Roboflow say `../train/images` for what lies beside the description; where there is such a place, it is meant. */
async function findEntry(root: string, entry: string): Promise<SplitEntry | undefined> {
  const written = entry.replaceAll('\\', '/');
  const there = await stat(resolve(root, written)).catch(() => undefined);
  const path = resolve(root, there === undefined ? written.replace(/^(?:\.\.\/)+/, '') : written);
  if (!isInside(root, path)) return undefined;
  const status = there ?? (await stat(path).catch(() => undefined));
  if (status?.isDirectory()) return { path, isList: false };
  return status?.isFile() && /\.txt$/i.test(path) ? { path, isList: true } : undefined;
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}

/**
 * Paths of the pictures of a list: a line each, relative to the list's folder (`./images/1.jpg`), or absolute but inside the data set.
 *
 * @throws UnsafeNameError for a name that leaves the data set.
 */
export async function readPictureList(list: string, root: string): Promise<string[]> {
  const lines = (await readText(list, { maxBytes: 2 ** 30 })).split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const name = line.trim().replaceAll('\\', '/');
    // Of an absolute path only what lies behind the data set's folder is taken.
    const base = `${root.replaceAll('\\', '/')}/`;
    return name.startsWith(base)
      ? resolveInside(root, name.slice(base.length))
      : resolveInside(dirname(list), relativeName(name, list));
  });
}
