/**
 * Decoding beside the main thread: upright JPEGs by the native engine where it runs, all else on worker threads, which load nothing but sharp.
 * TensorFlow stays in the thread that owns it; its JPEG decoder is a function like any other. See docs/decisions/jpeg-decoder.md.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ImageDecodeError } from '@icconv/base';
import {
  DEFAULT_MAX_PIXELS,
  type DecodedImage,
  type DecodeOptions,
  decodeImage,
  greyOfSums,
  type ImageInput,
  isPixelData,
  meanGrey,
  plainJpeg,
} from '@icconv/base/pictures';
import { VisionError } from '@icconv/tensor-ops';
import { loadedNative } from '@icconv/tensor-ops/engine';
import type { DecodeJob, DecodeReply } from './decode-messages';

export interface PoolImage extends DecodedImage {
  readonly meanGrey?: number;
}

interface Pending {
  readonly worker: Worker;
  resolve(image: PoolImage): void;
  reject(error: unknown): void;
}

export type PoolOptions = Omit<DecodeOptions, 'signal'>;

const CLOSED_MEANWHILE = 'the data loader was closed while it decoded pictures';

export class DecodePool {
  readonly #workers: Worker[] = [];
  readonly #load = new Map<Worker, number>();
  readonly #pending = new Map<number, Pending>();
  readonly #options: PoolOptions;
  readonly #threads: number;
  /** The last native job of each thread that there may be. */
  readonly #lanes: Promise<unknown>[];
  #lane = 0;
  #nextId = 0;
  #started = false;
  #closed = false;

  /** @param threads - 0 decodes without threads of its own. */
  constructor(threads: number, options: PoolOptions = {}) {
    this.#options = options;
    this.#threads = threads;
    this.#lanes = Array.from({ length: Math.max(1, threads) }, () => Promise.resolve());
  }

  /** Decodes one picture. @throws {@link ImageDecodeError} */
  async decode(input: ImageInput, withMeanGrey: boolean): Promise<PoolImage> {
    if (this.#closed) throw new VisionError('ICCONV_LOADER_CLOSED', 'the data loader is closed');
    return (await this.#decodeNative(input, withMeanGrey)) ?? this.#decodeBySharp(input, withMeanGrey);
  }

  /** By the engine, as many at once as there are threads; undefined for what it cannot decode. */
  #decodeNative(input: ImageInput, withMeanGrey: boolean): Promise<PoolImage | undefined> {
    const decodeJpeg = loadedNative()?.ops.decodeJpeg;
    if (decodeJpeg === undefined) return Promise.resolve(undefined);
    const lane = this.#lane++ % this.#lanes.length;
    const decoding = this.#lanes[lane]!.then(async () => {
      const bytes = this.#closed ? undefined : await plainJpeg(input, this.#options);
      if (bytes === undefined) return undefined;
      const decoded = await decodeJpeg(bytes, this.#options.maxPixels ?? DEFAULT_MAX_PIXELS, withMeanGrey);
      if (decoded === undefined) return undefined;
      const { sums, ...image } = decoded;
      return sums === undefined ? image : { ...image, meanGrey: greyOfSums(sums, image.width * image.height) };
    });
    this.#lanes[lane] = decoding.catch(() => {});
    return decoding;
  }

  /** On the worker thread with the least work. */
  async #decodeBySharp(input: ImageInput, withMeanGrey: boolean): Promise<PoolImage> {
    if (this.#closed) throw new VisionError('ICCONV_LOADER_CLOSED', CLOSED_MEANWHILE);
    const portable = portableInput(input);
    if (this.#threads === 0 || portable === undefined) return this.#decodeHere(input, withMeanGrey);
    // Started when the first picture needs them; one that ended, which failed its pictures, is not replaced.
    if (!this.#started) for (let i = 0; i < this.#threads; i++) this.#workers.push(this.#start());
    this.#started = true;
    if (this.#workers.length === 0) return this.#decodeHere(input, withMeanGrey);
    const worker = this.#workers.reduce((least, other) =>
      this.#load.get(other)! < this.#load.get(least)! ? other : least,
    );
    const id = this.#nextId++;
    return new Promise<PoolImage>((resolve, reject) => {
      this.#pending.set(id, { worker, resolve, reject });
      this.#count(worker, 1);
      const job: DecodeJob = { ...this.#options, id, input: portable, meanGrey: withMeanGrey };
      worker.postMessage(job);
    });
  }

  async #decodeHere(input: ImageInput, withMeanGrey: boolean): Promise<PoolImage> {
    const image = await decodeImage(input, this.#options);
    return withMeanGrey ? { ...image, meanGrey: meanGrey(image) } : image;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#fail(new VisionError('ICCONV_LOADER_CLOSED', CLOSED_MEANWHILE));
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const worker = startWorker();
    this.#load.set(worker, 0);
    // Idle threads must not keep the process alive.
    worker.unref();
    worker.on('message', (reply: DecodeReply) => {
      const pending = this.#pending.get(reply.id);
      if (pending === undefined) return;
      this.#pending.delete(reply.id);
      this.#count(worker, -1);
      if ('reason' in reply) {
        pending.reject(new ImageDecodeError(reply.path, reply.reason));
        return;
      }
      const { data, height, width, meanGrey } = reply;
      pending.resolve({ data, height, width, ...(meanGrey === undefined ? {} : { meanGrey }) });
    });
    worker.on('error', (cause) => {
      this.#fail(
        new VisionError('ICCONV_LOADER_WORKER', `a decoding thread failed: ${cause.message}`, { cause }),
        worker,
      );
    });
    worker.on('exit', (code) => {
      this.#fail(new VisionError('ICCONV_LOADER_WORKER', `a decoding thread ended with code ${code}`), worker);
      const at = this.#workers.indexOf(worker);
      if (at >= 0 && !this.#closed) this.#workers.splice(at, 1);
    });
    return worker;
  }

  #count(worker: Worker, change: number): void {
    const load = this.#load.get(worker)! + change;
    this.#load.set(worker, load);
    if (load > 0) worker.ref();
    else worker.unref();
  }

  #fail(error: Error, worker?: Worker): void {
    for (const [id, pending] of this.#pending) {
      if (worker !== undefined && pending.worker !== worker) continue;
      this.#pending.delete(id);
      pending.reject(error);
    }
  }
}

/** What can be sent to another thread; a sharp pipeline and pixels in memory cannot or need not. */
function portableInput(input: ImageInput): DecodeJob['input'] | undefined {
  if (typeof input === 'string' || input instanceof Uint8Array || input instanceof ArrayBuffer) return input;
  if (input instanceof URL) return input.href;
  if (isPixelData(input)) return undefined;
  return undefined;
}

function startWorker(): Worker {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) {
    const ending = here.endsWith('.cjs') ? 'cjs' : 'js';
    return new Worker(new URL(`./decode-worker.${ending}`, here));
  }
  // From the sources, as in the tests of a checkout. Threads of Node 20 take no loader for TypeScript modules, but one for `require`.
  const require = createRequire(here);
  const source = `require(${JSON.stringify(require.resolve('tsx/cjs/api'))}).register();
    require(${JSON.stringify(fileURLToPath(new URL('./decode-worker.ts', here)))});`;
  return new Worker(source, { eval: true });
}
