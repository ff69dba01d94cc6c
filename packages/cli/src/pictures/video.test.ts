/** Videos read and written by the user's ffmpeg; skipped where there is none. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { findFfmpeg, isVideoName, openVideo, type VideoFrame } from './video';
import { createVideo } from './video-writer';

const folder = mkdtempSync(join(tmpdir(), 'icconv-video-'));
const path = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const { signal } = new AbortController();
const has = spawnSync('ffmpeg', ['-version']).status === 0;
const ffmpeg = (...args: string[]) => {
  const { status, stderr } = spawnSync('ffmpeg', ['-y', '-loglevel', 'error', ...args], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
};
/** Frame n is of the grey 10 n, kept to the bit. */
const greys = (name: string, ...output: string[]) =>
  ffmpeg('-f', 'lavfi', '-i', "color=black:s=34x18:r=10:d=2,format=gray,geq=lum='10*N'", ...output, path(name));

async function read(name: string): Promise<VideoFrame[]> {
  const frames: VideoFrame[] = [];
  for await (const frame of openVideo(path(name), await findFfmpeg(name), signal).frames) frames.push(frame);
  return frames;
}

test('without ffmpeg there is one error, with what helps', async () => {
  vi.stubEnv('PATH', folder);
  await expect(findFfmpeg('street.mp4')).rejects.toThrow(/install it \(apt-get install ffmpeg.*received "street\.mp4"/);
});

test('names of videos', () => {
  expect(['a.mp4', 'b/A.MOV', 'a.webm', 'a.jpg', 'mp4', 'a.mp4.png'].map(isVideoName)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe.skipIf(!has)('by ffmpeg', () => {
  test('every frame comes once, in order, with its number, time and pixels', async () => {
    greys('grey.mkv', '-c:v', 'ffv1');
    const frames = await read('grey.mkv');
    expect(frames.map(({ frame }) => frame)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    for (const { picture, frame, time } of frames) {
      expect([picture.width, picture.height, picture.data.length]).toEqual([34, 18, 34 * 18 * 3]);
      expect(time).toBeCloseTo(frame / 10, 3);
      // The video's grey has 220 of 256 values, so that a value may move by one.
      expect(new Set(picture.data).size).toBe(1);
      expect(Math.abs(picture.data[0]! - 10 * frame)).toBeLessThan(2);
    }
  });

  test('frames that come at other times are as many, and last as long', async () => {
    greys('odd.mkv', '-vf', "select='lt(n,3)+eq(n,9)+eq(n,17)'", ...(await findFfmpeg('')), '-c:v', 'ffv1');
    const frames = await read('odd.mkv');
    expect(frames.map(({ time }) => time)).toEqual([0, 0.1, 0.2, 0.9, 1.7]);
    const writer = await createVideo(path('steady.mp4'), 10);
    for (const { picture, time } of frames) await writer.add(await jpeg(picture), time);
    await writer.finish();
    await writer.discard();
    const shown = (await read('steady.mp4')).map(({ picture }) => Math.round(picture.data[0]! / 10));
    expect(shown).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 2, 9, 9, 9, 9, 9, 9, 9, 9, 17]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('frames wait until they are asked for, and nothing goes on when nobody asks any more', async () => {
    // 300 frames of 0.9 MB.
    ffmpeg('-f', 'lavfi', '-i', 'color=red:s=640x480:r=30:d=10', '-c:v', 'mjpeg', path('long.avi'));
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    for await (const { frame } of openVideo(path('long.avi'), await findFfmpeg(''), signal).frames) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (frame === 2) break;
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10e6);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test('an abortion ends it, with its reason', async () => {
    greys('aborted.mkv', '-c:v', 'ffv1');
    const controller = new AbortController();
    const take = async () => {
      for await (const { frame } of openVideo(path('aborted.mkv'), await findFfmpeg(''), controller.signal).frames)
        if (frame === 1) controller.abort(new Error('enough'));
    };
    await expect(take()).rejects.toThrow('enough');
  });

  test('what is wrong with a video is said', async () => {
    writeFileSync(path('text.mp4'), 'no video');
    await expect(read('text.mp4')).rejects.toThrow(/text\.mp4: cannot be decoded: .*Invalid data/);
    await expect(read('none.mp4')).rejects.toThrow(/none\.mp4: cannot be decoded: .*No such file/);
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', path('sound.mp4'));
    await expect(read('sound.mp4')).rejects.toThrow('it has sound at most');
    // One that ends early has the frames that are there.
    greys('cut.mts', '-c:v', 'mpeg2video', '-f', 'mpegts');
    truncateSync(path('cut.mts'), Math.floor(statSync(path('cut.mts')).size / 2));
    const { length } = await read('cut.mts');
    expect([length > 3, length < 20]).toEqual([true, true]);
  });

  test('a video that cannot be written leaves nothing', async () => {
    const writer = await createVideo(path('broken.mp4'), 10);
    const add = async () => {
      for (let n = 0; n < 3; n++) await writer.add(Buffer.from('no picture'), n);
      await writer.finish();
    };
    await expect(add()).rejects.toThrow(/broken\.mp4: cannot be written: /);
    await writer.discard();
    expect(readdirSync(folder).filter((name) => /broken|tmp$/.test(name))).toEqual([]);
  });
});

const jpeg = ({ data, width, height }: VideoFrame['picture']) =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();
