/** A network over pictures and videos: progress, what cannot be read, overlays. */
import { counted, defined, ImageDecodeError } from '@icconv/base';
import { writeAtomically } from '@icconv/base/files';
import { type DecodedImage, decodeImage } from '@icconv/base/pictures';
import pc from 'picocolors';
import { countProgress } from '../ui/progress';
import { overlayPaths } from './overlay-names';
import { findFfmpeg, isVideoName, openVideo } from './video';
import { createVideo, type VideoWriter } from './video-writer';

export interface PictureRun<R> {
  /** For the progress bar: `detecting`. */
  readonly title: string;
  /** Paths of pictures and videos, addresses of pictures. */
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
  /** Of a video: number of the frame, from 0, and its time in seconds. */
  readonly frame?: number;
  readonly time?: number;
  readonly result: R;
  readonly overlay?: string;
}

/** Runs; one bad picture does not cost the others their results, but is told, and sets the exit code. */
export async function runOnPictures<R>(options: PictureRun<R>): Promise<PictureOutcome<R>[]> {
  const { title, inputs, out, signal } = options;
  const overlays = out === undefined ? undefined : overlayPaths(inputs, out);
  const video = inputs.find(isVideoFile);
  const asTheyAre = video === undefined ? [] : await findFfmpeg(video);
  const progress = countProgress(title, inputs.length);
  const done: PictureOutcome<R>[] = [];
  const broken: string[] = [];
  try {
    for (const [i, image] of inputs.entries()) {
      signal.throwIfAborted();
      const overlay = overlays?.[i];
      const outcomes = isVideoFile(image)
        ? ofVideo(image, overlay, asTheyAre, options, (share, detail) => progress.update(i + share, detail))
        : ofPicture(image, overlay, options);
      try {
        for await (const outcome of outcomes) done.push(outcome);
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
  const drawn = [...new Set(done.flatMap(({ overlay }) => overlay ?? []))];
  if (drawn.length > 0) {
    console.error(`${counted(drawn.length, 'overlay')} written, ${drawn[0]}${drawn.length > 1 ? ' and so on' : ''}`);
  }
  return done;
}

/** What is at an address is fetched as a picture. */
const isVideoFile = (input: string) => isVideoName(input) && !/^(?:https?|data):/i.test(input);

async function* ofPicture<R>(
  image: string,
  overlay: string | undefined,
  { signal, run, draw }: PictureRun<R>,
): AsyncGenerator<PictureOutcome<R>> {
  const picture = await decodeImage(image, { signal });
  const result = await run(picture);
  if (overlay !== undefined) {
    await writeAtomically(overlay, await draw(picture, result, overlay.endsWith('.png') ? 'png' : 'jpg'));
  }
  yield { image, result, ...defined({ overlay }) };
}

/** Frame by frame; the overlay is whole where the video could be read to its end, or as far as it could be. */
async function* ofVideo<R>(
  image: string,
  overlay: string | undefined,
  asTheyAre: readonly string[],
  { signal, run, draw }: PictureRun<R>,
  onProgress: (share: number, detail: string) => void,
): AsyncGenerator<PictureOutcome<R>> {
  const video = openVideo(image, asTheyAre, signal);
  let writer: VideoWriter | undefined;
  try {
    try {
      for await (const { picture, frame, time } of video.frames) {
        const result = await run(picture);
        if (overlay !== undefined) {
          writer ??= await createVideo(overlay, video.rate);
          await writer.add(await draw(picture, result, 'jpg'), time);
        }
        yield { image, frame, time, result, ...defined({ overlay }) };
        // Its length may be told wrong; the video is done when it ends.
        const share = video.duration === undefined ? 0 : Math.min(time / video.duration, 0.999);
        onProgress(share, `${counted(frame + 1, 'frame')}, at ${time.toFixed(1)} s`);
      }
    } catch (error) {
      if (ImageDecodeError.isInstance(error)) await writer?.finish();
      throw error;
    }
    await writer?.finish();
  } finally {
    await writer?.discard();
  }
}

/** What `--json` prints. */
export function outcomesJson<R extends object>(done: readonly PictureOutcome<R>[]): string {
  return JSON.stringify(
    done.map(({ result, ...rest }) => ({ ...rest, ...result })),
    null,
    2,
  );
}
