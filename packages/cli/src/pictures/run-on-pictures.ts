/** A network over pictures: folders, progress, pictures that cannot be read, overlays. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, defined, ImageDecodeError, isPictureName } from '@icconv/base';
import { writeAtomically } from '@icconv/base/files';
import { type DecodedImage, decodeImage } from '@icconv/base/pictures';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import pc from 'picocolors';
import { countProgress } from '../ui/progress';
import { overlayPaths } from './overlay-names';

export interface PictureRun<R> {
  /** For the progress bar: `detecting`. */
  readonly title: string;
  /** Paths, folders, addresses. */
  readonly inputs: readonly string[];
  /** Folder of the overlays; none without. */
  readonly out: string | undefined;
  readonly signal: AbortSignal;
  run(picture: DecodedImage): Promise<R>;
  /** A picture with its result drawn over it, encoded. */
  draw(picture: DecodedImage, result: R, format: 'png' | 'jpg'): Promise<Buffer>;
}

export interface PictureOutcome<R> {
  readonly image: string;
  readonly result: R;
  readonly overlay?: string;
}

/** Runs; one bad picture does not cost the others their results, but is told, and sets the exit code. */
export async function runOnPictures<R>(options: PictureRun<R>): Promise<PictureOutcome<R>[]> {
  const { title, inputs, out, signal, run, draw } = options;
  const images = await listPictures(inputs);
  const overlays = out === undefined ? undefined : overlayPaths(images, out);
  const progress = countProgress(title, images.length);
  const done: PictureOutcome<R>[] = [];
  const broken: string[] = [];
  try {
    for (const [i, image] of images.entries()) {
      signal.throwIfAborted();
      try {
        const picture = await decodeImage(image, { signal });
        const result = await run(picture);
        const overlay = overlays?.[i];
        if (overlay !== undefined) {
          await writeAtomically(overlay, await draw(picture, result, overlay.endsWith('.png') ? 'png' : 'jpg'));
        }
        done.push({ image, result, ...defined({ overlay }) });
      } catch (error) {
        if (!ImageDecodeError.isInstance(error)) throw error;
        broken.push(error.message);
      }
      progress.update(i + 1);
    }
  } finally {
    progress.stop();
  }
  for (const message of broken) console.error(`${pc.red(pc.bold('error'))} ${message}`);
  if (broken.length > 0) process.exitCode = 1;
  const drawn = done.flatMap(({ overlay }) => overlay ?? []);
  if (drawn.length > 0) {
    console.error(`${counted(drawn.length, 'overlay')} written, ${drawn[0]}${drawn.length > 1 ? ' and so on' : ''}`);
  }
  return done;
}

/** What `--json` prints. */
export function outcomesJson<R extends object>(done: readonly PictureOutcome<R>[]): string {
  return JSON.stringify(
    done.map(({ result, ...rest }) => ({ ...rest, ...result })),
    null,
    2,
  );
}

/** Folders stand for the pictures in them, by name. */
async function listPictures(inputs: readonly string[]): Promise<string[]> {
  const images: string[] = [];
  for (const input of inputs) {
    const folder = await stat(input).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!folder) images.push(input);
    else {
      const names = (await readdir(input)).filter(isPictureName).sort();
      if (names.length === 0) throw new InvalidArgumentError('icconv', 'images', input, 'a folder with pictures in it');
      for (const name of names) images.push(join(input, name));
    }
  }
  return images;
}
