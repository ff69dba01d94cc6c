/**
 * Videos as pictures one after the other, by the user's ffmpeg. Frames come through a pipe, raw and with their size (PPM), and ffmpeg waits
 * while nobody takes them: one is in memory at a time, however long the video.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ImageDecodeError } from '@icconv/base';
import { DEFAULT_MAX_PIXELS, type DecodedImage } from '@icconv/base/pictures';
import { InvalidArgumentError } from '@icconv/tensor-ops';

const EXTENSIONS = 'mp4 m4v mov mkv webm avi mpg mpeg m2ts mts wmv flv 3gp ogv'.split(' ');

const NO_PICTURES = 'it has sound at most';

export interface VideoFrame {
  readonly picture: DecodedImage;
  /** From 0. */
  readonly frame: number;
  /** Seconds since the video's beginning. */
  readonly time: number;
}

export interface Video {
  /** Frames a second as the file has it; they may come at other times. Known with the first frame. */
  readonly rate: number | undefined;
  /** Seconds, where the file tells it. Known with the first frame. */
  readonly duration: number | undefined;
  /** To be gone through once. @throws ImageDecodeError for what ffmpeg cannot read; the signal's reason when aborted. */
  readonly frames: AsyncIterable<VideoFrame>;
}

export function isVideoName(name: string): boolean {
  return EXTENSIONS.includes(extname(name).slice(1).toLowerCase());
}

/**
 * How ffmpeg is told to leave frames as many as they are: older ones know one word, newer ones the other.
 *
 * @throws InvalidArgumentError naming the video where there is no ffmpeg.
 */
export async function findFfmpeg(video: string): Promise<readonly string[]> {
  const child = spawn('ffmpeg', ['-hide_banner', '-h', 'long'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let help = '';
  child.stdout.on('data', (text: Buffer) => {
    help += text;
  });
  const found = await ended(child).catch(() => undefined);
  if (found === 0) return [help.includes('-fps_mode') ? '-fps_mode' : '-vsync', 'passthrough'];
  const expected =
    'pictures; videos are read by ffmpeg, which is not on the path: install it (apt-get install ffmpeg, brew install ffmpeg)';
  throw new InvalidArgumentError('icconv', 'images', video, expected);
}

/** @param asTheyAre - what {@link findFfmpeg} gave. */
export function openVideo(path: string, asTheyAre: readonly string[], signal: AbortSignal): Video {
  const facts: { rate?: number; duration?: number } = {};
  return {
    get rate() {
      return facts.rate;
    },
    get duration() {
      return facts.duration;
    },
    frames: readFrames(path, asTheyAre, signal, facts),
  };
}

async function* readFrames(
  path: string,
  asTheyAre: readonly string[],
  signal: AbortSignal,
  facts: { rate?: number; duration?: number },
): AsyncGenerator<VideoFrame, void, undefined> {
  signal.throwIfAborted();
  // `file:`, for a name with a colon in it would be an address to ffmpeg. Each frame has a line of its own for its time.
  const input = ['-hide_banner', '-nostdin', '-loglevel', 'repeat+level+info', '-i', `file:${path}`, '-map', '0:v:0'];
  const output = [
    '-vf',
    'showinfo=checksum=0',
    ...asTheyAre,
    '-f',
    'image2pipe',
    '-c:v',
    'ppm',
    '-pix_fmt',
    'rgb24',
    '-',
  ];
  const child = spawn('ffmpeg', [...input, ...output], { stdio: ['ignore', 'pipe', 'pipe'] });
  const code = ended(child);
  code.catch(() => undefined);
  const told = listen(path, child, facts);
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  const bytes = new Pieces(child.stdout);
  let frame = 0;
  try {
    for (; ; frame++) {
      const picture = await readPpm(path, bytes);
      if (picture === undefined) break;
      const time = await told.time();
      yield { picture, frame, time: time ?? frame / (facts.rate ?? 25) };
    }
    signal.throwIfAborted();
    const status = await code;
    if (status !== 0 || frame === 0) throw new ImageDecodeError(path, told.fault() ?? `ffmpeg found no pictures in it`);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** What ffmpeg says beside the frames: their times, rate and duration, and what is wrong. */
function listen(
  path: string,
  child: ChildProcessByStdio<null, Readable, Readable>,
  facts: { rate?: number; duration?: number },
) {
  const times: (number | undefined)[] = [];
  let fault: string | undefined;
  let over = false;
  let wake = () => {};
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => {
    const time = /showinfo.*\bpts_time:\s*(\S+)/.exec(line);
    if (time !== null) {
      const seconds = Number(time[1]);
      times.push(Number.isNaN(seconds) ? undefined : seconds);
      wake();
      return;
    }
    const rate = /showinfo.*\bframe_rate:\s*(\d+)\/(\d+)/.exec(line);
    if (rate !== null && Number(rate[1]) > 0 && Number(rate[2]) > 0) facts.rate = Number(rate[1]) / Number(rate[2]);
    const length = /^\s*(?:\[info\])?\s*Duration: (\d+):(\d+):([\d.]+)/.exec(line);
    if (length !== null) facts.duration = 3600 * Number(length[1]) + 60 * Number(length[2]) + Number(length[3]);
    const wrong = /\[(?:error|fatal)\] (.*)$/.exec(line);
    // What follows it names no reason.
    if (wrong === null || fault === NO_PICTURES) return;
    fault = line.includes('matches no streams') ? NO_PICTURES : wrong[1]!.replace(`file:${path}: `, '');
  });
  lines.on('close', () => {
    over = true;
    wake();
  });
  return {
    /** Of the next frame, which ffmpeg told before it sent the frame: it comes by another pipe. */
    async time(): Promise<number | undefined> {
      while (times.length === 0 && !over) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return times.shift();
    },
    fault: () => fault,
  };
}

/** @returns undefined at the end. */
async function readPpm(path: string, bytes: Pieces): Promise<DecodedImage | undefined> {
  const header: string[] = [];
  for (let i = 0; i < 3; i++) {
    const line = await bytes.line();
    if (line === undefined) return undefined;
    header.push(line);
  }
  const [width, height] = header[1]!.split(' ').map(Number) as [number, number];
  if (header[0] !== 'P6' || !(width * height > 0) || header[2] !== '255') {
    throw new ImageDecodeError(path, `ffmpeg sends frames that are none (${header.join(' ').slice(0, 80)})`);
  }
  if (width * height > DEFAULT_MAX_PIXELS)
    throw new ImageDecodeError(path, 'it has more pixels than pictures may have');
  const data = new Uint8Array(width * height * 3);
  // A frame that is cut short is none.
  return (await bytes.fill(data)) ? { data, width, height } : undefined;
}

/** The bytes of a stream in portions of one's own. It is read no faster than they are asked for. */
class Pieces {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: Readable) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  async line(): Promise<string | undefined> {
    let text = '';
    for (;;) {
      const end = this.#rest.indexOf(10);
      text += Buffer.from(end < 0 ? this.#rest : this.#rest.subarray(0, end)).toString('latin1');
      this.#rest = end < 0 ? new Uint8Array(0) : this.#rest.subarray(end + 1);
      if (end >= 0) return text;
      // No header is as long.
      if (text.length > 1000 || !(await this.#more())) return undefined;
    }
  }

  /** False where the stream ends before. */
  async fill(target: Uint8Array): Promise<boolean> {
    for (let at = 0; at < target.length; ) {
      if (this.#rest.length === 0 && !(await this.#more())) return false;
      const part = this.#rest.subarray(0, target.length - at);
      target.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return true;
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#pieces.next();
    if (done === true) return false;
    this.#rest = value;
    return true;
  }
}

/** The exit code, once its streams are closed. @throws what kept it from starting. */
export function ended(child: {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'close', listener: (code: number | null) => void): unknown;
}): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}
