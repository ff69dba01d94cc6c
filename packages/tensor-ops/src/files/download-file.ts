/**
 * Downloads a file whose checksum is known into its place in the cache: with resume, retries and a lock, so that it may be killed at any
 * time and run several times at once. Nothing unfinished or unchecked ever carries the final name.
 */
import { mkdir, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { InvalidArgumentError } from '../errors';
import { exists } from './cache-files';
import { DownloadError, type DownloadFailure } from './download-error';
import { AttemptError, fetchAttempt } from './fetch-attempt';
import { PartialFile } from './partial-file';
import { sha256OfFile } from './sha256';

/** Bytes there so far; `total` is 0 where the server does not tell. */
export interface DownloadProgress {
  /** `wait`: another process downloads the same file. */
  readonly phase: 'wait' | 'download' | 'check';
  readonly done: number;
  readonly total: number;
}

export interface DownloadFileOptions {
  /** http or https; redirects are followed. */
  readonly url: string;
  /** Final name of the file; its folder is made. */
  readonly path: string;
  /** SHA-256 in hexadecimal digits, or at least the first eight of them. */
  readonly sha256: string;
  /** Never touch the network. @defaultValue `false` */
  readonly offline?: boolean;
  /** Milliseconds without a byte after which a connection is given up. @defaultValue {@link STALL_MS} */
  readonly stallMs?: number;
  /** Further attempts after one that brought nothing. @defaultValue {@link RETRIES} */
  readonly retries?: number;
  /** Milliseconds before the first of them, doubled from one to the next. @defaultValue {@link RETRY_DELAY_MS} */
  readonly retryDelayMs?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

const STALL_MS = 30_000;
const RETRIES = 4;
const RETRY_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
const LOCK = { stale: 10_000, update: 2_000, realpath: false } as const;

/**
 * Provides a file: the one in place if its checksum is right, else the download.
 *
 * An unfinished download stays beside it as `<path>.part`, and the next call goes on where it ended.
 * @returns true when something was downloaded.
 * @throws {@link DownloadError} with the reason and the remedy; {@link InvalidArgumentError}; the signal's reason.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<boolean> {
  const { url, path, sha256, offline = false, onProgress = () => {}, signal } = options;
  if (!/^[0-9a-f]{8,64}$/.test(sha256)) {
    throw new InvalidArgumentError('downloadFile', 'sha256', sha256, '8 to 64 lowercase hexadecimal digits');
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new InvalidArgumentError('downloadFile', 'url', url, 'an http or https address');
  }
  signal?.throwIfAborted();
  const present = async () => (await exists(path)) && (await sha256OfFile(path)).startsWith(sha256);
  onProgress({ phase: 'check', done: 0, total: 0 });
  if (await present()) return false;
  if (offline) {
    const what = (await exists(path)) ? 'is damaged' : 'is not in the cache';
    throw failure(
      options,
      'offline',
      `${path} ${what} and --offline forbids to fetch it`,
      'run it once without --offline',
    );
  }
  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw failure(
      options,
      'disk',
      `cannot make the folder: ${cause.message}`,
      'set ICCONV_CACHE to a folder you can write',
    );
  });
  const lost = new AbortController();
  const release = await lock(path, lost, onProgress, signal);
  try {
    if (await present()) return false;
    const signals = [lost.signal, ...(signal === undefined ? [] : [signal])];
    await fetchChecked(options, AbortSignal.any(signals));
    return true;
  } finally {
    await release().catch(() => {});
  }
}

async function fetchChecked(options: DownloadFileOptions, signal: AbortSignal): Promise<void> {
  const { url, path, sha256, onProgress = () => {} } = options;
  const part = new PartialFile(path);
  // Killed between the last byte and the new name.
  if ((await part.size()) > 0 && (await sha256OfFile(part.path)).startsWith(sha256)) return part.publish();
  for (let again = false; ; again = true) {
    const begun = (await part.size()) > 0;
    const resumed = (await fetchWhole(part, options, signal)) || begun;
    const done = await part.size();
    onProgress({ phase: 'check', done, total: done });
    const sum = await sha256OfFile(part.path);
    signal.throwIfAborted();
    if (sum.startsWith(sha256)) break;
    const page = await beginsWithMarkup(part.path);
    await part.remove();
    // Bytes of two versions of a file may have been put together: once more, from the beginning.
    if (resumed && !again) continue;
    const problem = page
      ? 'the server sent a web page instead of the file'
      : `checksum of ${basename(path)} is ${sum}, expected ${sha256}${sha256.length < 64 ? '...' : ''}: the file was cut or changed`;
    throw failure(options, 'checksum', problem, `check whether ${url} still is what it was`);
  }
  await part.publish();
}

/** Attempts until the server's whole file is there. @returns true when it took more than one. */
async function fetchWhole(part: PartialFile, options: DownloadFileOptions, signal: AbortSignal): Promise<boolean> {
  const { url, stallMs = STALL_MS, retries = RETRIES, retryDelayMs = RETRY_DELAY_MS, onProgress = () => {} } = options;
  let most = await part.size();
  const onBytes = (done: number, total: number) => onProgress({ phase: 'download', done, total });
  for (let fruitless = 0, attempts = 1; ; attempts++) {
    try {
      await fetchAttempt(part, { url, stallMs, onBytes, signal });
      return attempts > 1;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AttemptError)) throw error;
      const size = await part.size();
      fruitless = size > most ? 0 : fruitless + 1;
      most = Math.max(most, size);
      if (!error.retry || fruitless > retries) {
        const also = attempts > 1 ? `, in ${attempts} attempts` : '';
        const remedy =
          error.reason === 'disk' ? 'free some space, or set ICCONV_CACHE to another folder' : BY_HAND(options.path);
        throw failure(options, error.reason, error.message + also, remedy, error);
      }
      const delay = Math.max(error.waitMs, retryDelayMs * 2 ** Math.max(0, fruitless - 1));
      await sleep(Math.min(delay, LONGEST_DELAY_MS), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

const BY_HAND = (path: string) =>
  `check the network or proxy and run it again, which goes on where this ended; or fetch the file by other means and put it at ${path}`;

function failure(
  { url, path }: DownloadFileOptions,
  reason: DownloadFailure,
  problem: string,
  remedy: string,
  cause?: unknown,
): DownloadError {
  return new DownloadError(reason, url, path, problem, remedy, { cause });
}

/** Log-in pages and virus warnings come with status 200. */
async function beginsWithMarkup(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return /^\s*<(!doctype|html|\?xml)/i.test(buffer.toString('latin1', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** One download of a file at a time. The lock of a killed process goes stale, so nothing waits for the dead. */
async function lock(
  path: string,
  lost: AbortController,
  onProgress: (progress: DownloadProgress) => void,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  const lockfilePath = `${path}.lock`;
  // A process that was stopped for long finds its lock in other hands.
  const onCompromised = (error: Error) => lost.abort(error);
  for (;;) {
    try {
      return await lockfile.lock(path, { ...LOCK, lockfilePath, onCompromised });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      onProgress({ phase: 'wait', done: 0, total: 0 });
      await sleep(200, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}
