/** Pictures as a video, by the user's ffmpeg: each goes there at once and is forgotten. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileError } from '@icconv/base';
import { makeFolder, temporaryName } from '@icconv/base/files';
import { ended } from './video';

/** A file may say 1000 frames a second where it does not know; its frames are shown as long as they last in any case. */
const HIGHEST_RATE = 120;
const USUAL_RATE = 30;

export interface VideoWriter {
  /** @param picture - JPEG. @param time - of its beginning, in seconds; times ascend. */
  add(picture: Buffer, time: number): Promise<void>;
  /** The file is whole. @throws FileError */
  finish(): Promise<void>;
  /** Ends it where it is not whole yet; nothing is left of it. */
  discard(): Promise<void>;
}

/**
 * An MP4 without sound, of a steady rate: a picture is repeated until the next one's time has come.
 *
 * @param rate - frames a second of what it is made from, where that is known.
 */
export async function createVideo(path: string, rate = USUAL_RATE): Promise<VideoWriter> {
  const steady = rate > HIGHEST_RATE ? USUAL_RATE : rate;
  await makeFolder(dirname(path));
  const temporary = join(dirname(path), temporaryName(basename(path)));
  const input = [
    '-hide_banner',
    '-loglevel',
    'error',
    '-f',
    'image2pipe',
    '-framerate',
    `${steady}`,
    '-c:v',
    'mjpeg',
    '-i',
    '-',
  ];
  // Half as many colours as pixels each way: sides must be even.
  const output = [
    '-vf',
    'pad=ceil(iw/2)*2:ceil(ih/2)*2',
    '-pix_fmt',
    'yuv420p',
    '-movflags',
    '+faststart',
    '-f',
    'mp4',
  ];
  const child = spawn('ffmpeg', [...input, ...output, `file:${temporary}`], { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(-1000);
  });
  const code = ended(child);
  // Whoever waits is told; a pipe that broke is told by the exit code.
  code.catch(() => undefined);
  child.stdin.on('error', () => undefined);

  const send = async (picture: Buffer) => {
    if (child.exitCode !== null || child.signalCode !== null) await fail();
    if (!child.stdin.write(picture)) await Promise.race([once(child.stdin, 'drain').catch(() => undefined), code]);
  };
  const fail = async (): Promise<never> => {
    await code.catch(() => undefined);
    const reason = complaint.trim().split('\n').at(-1) || 'ffmpeg ended early';
    throw new FileError(path, 'cannot be written', reason);
  };
  let written = 0;
  let last: Buffer | undefined;
  const discard = async () => {
    child.kill('SIGKILL');
    await code.catch(() => undefined);
    await rm(temporary, { force: true });
  };
  return {
    async add(picture, time) {
      for (; written < Math.round(time * steady); written++) await send(last ?? picture);
      last = picture;
    },
    async finish() {
      if (last !== undefined) await send(last);
      child.stdin.end();
      if ((await code) !== 0) await fail();
      await rename(temporary, path).catch((error) => {
        throw FileError.from(path, 'cannot be written', error);
      });
    },
    discard,
  };
}
