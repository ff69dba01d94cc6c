/** The pictures of a dataset: whether they are there, can be read, and have the sizes that the file says. */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { PictureSize } from '@icconv/base';
import { defined, ImageDecodeError, UnsafeNameError } from '@icconv/base';
import { resolveInside } from '@icconv/base/files';
import { decodeImage, imageSize } from '@icconv/base/pictures';
import type { CocoDataset } from '../data/dataset';
import type { CocoId } from '../format/types';

export interface CheckPicturesOptions {
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
  /** Decode every picture whole. @defaultValue `false`: its header, and whether the file ends as its format does */
  readonly decode?: boolean;
  /** Damaged pictures are taken as far as they go: only the header has to be whole. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
  /** Called after each picture. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** `name`: the images list gives no name of a file. `size`: of another size than the images list says. */
export type PictureFaultKind = 'name' | 'missing' | 'unreadable' | 'size';

export interface PictureFault {
  readonly imageId: CocoId;
  readonly name: string;
  readonly kind: PictureFaultKind;
  readonly message: string;
}

export interface PictureCheck {
  /** Looked at. */
  readonly pictures: number;
  /** In the order of the images. */
  readonly faults: readonly PictureFault[];
  /** Of the upright pictures that could be read. */
  readonly sizes: ReadonlyMap<CocoId, PictureSize>;
}

/** Enough to keep all threads of libuv's pool and of sharp busy. */
const AT_ONCE = 16;

/**
 * Looks at every picture of a dataset, several at once.
 *
 * @param folder - where the pictures lie; `file_name` is resolved against it.
 * @throws the signal's reason when aborted; whatever is wrong with pictures is in the result.
 */
export async function checkPictures(
  dataset: CocoDataset,
  folder: string,
  options: CheckPicturesOptions = {},
): Promise<PictureCheck> {
  const { signal, onProgress } = options;
  const images = dataset.loadImgs(options.imageIds ?? dataset.getImgIds());
  const faults = new Map<number, PictureFault>();
  const looked = new Map<number, PictureSize>();
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < images.length) {
      signal?.throwIfAborted();
      const at = next++;
      const { id, file_name, width, height } = images[at]!;
      const name = typeof file_name === 'string' ? file_name : '';
      const fault = (kind: PictureFaultKind, message: string) => faults.set(at, { imageId: id, name, kind, message });
      try {
        const size = await look(resolveInside(folder, name), options);
        looked.set(at, size);
        // Without a size, or with a placeholder's 0, the picture's own counts.
        const given = width !== undefined && height !== undefined && width > 0 && height > 0;
        if (given && (width !== size.width || height !== size.height)) {
          fault('size', `the file says ${width}x${height}, the picture is ${describe(size, { width, height })}`);
        }
      } catch (error) {
        if (ImageDecodeError.isInstance(error))
          fault(error.reason === MISSING ? 'missing' : 'unreadable', error.reason);
        else if (UnsafeNameError.isInstance(error)) fault('name', name === '' ? 'it has no file_name' : error.message);
        else throw error;
      }
      onProgress?.({ done: ++done, total: images.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, images.length) }, work));
  const sizes = new Map(inOrder(looked).map(([at, size]) => [images[at]!.id, size]));
  return { pictures: images.length, faults: inOrder(faults).map(([, fault]) => fault), sizes };
}

/** Of the pictures, whichever was looked at first. */
const inOrder = <V>(found: ReadonlyMap<number, V>): [number, V][] => [...found].sort(([a], [b]) => a - b);

/** What `@icconv/base` says of a file that is not there. */
const MISSING = 'no such file';

async function look(path: string, options: CheckPicturesOptions): Promise<PictureSize> {
  const { tolerateDamage = false, signal } = options;
  const how = { tolerateDamage, ...defined({ signal }) };
  const size = await imageSize(path, how);
  // Most damage is a file cut short; what seems so is decoded, to be sure.
  if (options.decode || (!tolerateDamage && !(await endsWell(path)))) await decodeImage(path, how);
  return { width: size.width, height: size.height };
}

/** Last bytes looked at: cameras and editors put a little behind the end of a picture. */
const TAIL = 64;
const START = 16;

/** Whether a file has the end mark of its format near its end, or the length that its header says; false where that cannot be told. */
async function endsWell(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = async (length: number, at: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    };
    const start = await read(START, 0);
    const end = await read(TAIL, Math.max(0, size - TAIL));
    const begins = (mark: string, at = 0) => start.toString('latin1', at, at + mark.length) === mark;
    if (begins('\xff\xd8')) return end.includes('\xff\xd9', 0, 'latin1');
    if (begins('\x89PNG')) return end.includes('IEND', 0, 'latin1');
    if (begins('RIFF') && begins('WEBP', 8)) return start.readUInt32LE(4) + 8 <= size;
    return false;
  } finally {
    await file.close();
  }
}

/** The size, and what the other one is of it. */
function describe(size: PictureSize, said: PictureSize): string {
  const text = `${size.width}x${size.height}`;
  const same = (a: number, b: number) => Math.abs(a - b) <= 1;
  const scaled = ({ width, height }: PictureSize) => {
    const scale = Math.sqrt((said.width * said.height) / (width * height));
    return same(width * scale, said.width) && same(height * scale, said.height) ? scale : undefined;
  };
  const turned = { width: size.height, height: size.width };
  if (said.width === turned.width && said.height === turned.height) {
    return `${text}: width and height are exchanged, as before a turn by the picture’s EXIF orientation`;
  }
  const scale = scaled(size);
  if (scale !== undefined) return `${text}: the annotations are of a picture ${times(scale)}`;
  const turnedScale = scaled(turned);
  if (turnedScale !== undefined) return `${text}: the annotations are of an unturned picture ${times(turnedScale)}`;
  return text;
}

const times = (scale: number) =>
  scale >= 1 ? `${Number(scale.toFixed(3))} times as large` : `${Number((1 / scale).toFixed(3))} times smaller`;

const SHOWN = 10;

/**
 * The faults as lines of text, and what is behind all of them where it is known.
 *
 * @param folder - where the pictures were looked for. @param shown - how many are listed.
 */
export function formatPictureFaults(faults: readonly PictureFault[], folder: string, shown = SHOWN): string {
  const lines = faults
    .slice(0, shown)
    .map(({ name, imageId, message }) => `  ${name || 'without name'} (image ${imageId}): ${message}`);
  if (faults.length > shown) lines.push(`  and ${faults.length - shown} more`);
  const missing = faults.filter(({ kind }) => kind === 'missing');
  const own = basename(folder);
  if (missing.length > 0 && missing.every(({ name }) => name.replaceAll('\\', '/').startsWith(`${own}/`))) {
    lines.push(`  the names begin with ${own}/ themselves: give the folder that ${own} lies in`);
  } else if (missing.length > 0) lines.push(`  missing ones were looked for in ${folder}`);
  return lines.join('\n');
}
