/**
 * Downloads a file whose checksum is known into its place in the cache: with resume, retries and a lock, so that it may be killed at any
 * time and run several times at once. Nothing unfinished or unchecked ever carries the final name.
 */
import { mkdir, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError } from '../errors';
import { exists } from './cache-files';
import { digestOfFile, type FileChecksum } from './checksum';
import { DownloadError, type DownloadFailure } from './download-error';
import { AttemptError, fetchAttempt } from './fetch-attempt';
import { PartialFile } from './partial-file';

/** Bytes there so far; `total` is 0 where the server does not tell. */
export interface DownloadProgress {
  /** `wait`: another process downloads the same file. */
  readonly phase: 'wait' | 'download' | 'check';
  readonly done: number;
  readonly total: number;
}

export type DownloadFileOptions = DownloadSettings & FileChecksum;

interface DownloadSettings {
  /** http or https; redirects are followed. */
  readonly url: string;
  /** What it is, for messages: a model's name. @defaultValue the address alone */
  readonly name?: string;
  /** Final name of the file; its folder is made. */
  readonly path: string;
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
  const { url, path, offline = false, onProgress = () => {}, signal } = options;
  const checksum = checksumOf(options);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new InvalidArgumentError('downloadFile', 'url', url, 'an http or https address');
  }
  signal?.throwIfAborted();
  const present = async () => (await exists(path)) && (await checksum.sumOf(path)).startsWith(checksum.digits);
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
    await fetchChecked(options, checksum, AbortSignal.any(signals));
    return true;
  } finally {
    await release().catch(() => {});
  }
}

interface Checksum {
  /** The first of them at least. */
  readonly digits: string;
  /** All of them. */
  readonly length: number;
  sumOf(path: string): Promise<string>;
}

/** @throws {@link InvalidArgumentError} */
function checksumOf({ sha256, md5 }: FileChecksum): Checksum {
  const [algorithm, digits, least, length] =
    md5 === undefined ? (['sha256', sha256, 8, 64] as const) : (['md5', md5, 6, 32] as const);
  if (digits.length < least || digits.length > length || /[^0-9a-f]/.test(digits)) {
    const expected = `${least} to ${length} lowercase hexadecimal digits`;
    throw new InvalidArgumentError('downloadFile', algorithm, digits, expected);
  }
  return { digits, length, sumOf: (path) => digestOfFile(path, algorithm) };
}

async function fetchChecked(
  options: DownloadFileOptions,
  { digits, length, sumOf }: Checksum,
  signal: AbortSignal,
): Promise<void> {
  const { url, path, onProgress = () => {} } = options;
  const part = new PartialFile(path);
  // Killed between the last byte and the new name.
  if ((await part.size()) > 0 && (await sumOf(part.path)).startsWith(digits)) return part.publish();
  for (let again = false; ; again = true) {
    const begun = (await part.size()) > 0;
    const resumed = (await fetchWhole(part, options, signal)) || begun;
    const done = await part.size();
    onProgress({ phase: 'check', done, total: done });
    const sum = await sumOf(part.path);
    signal.throwIfAborted();
    if (sum.startsWith(digits)) break;
    const page = await beginsWithMarkup(part.path);
    await part.remove();
    // Bytes of two versions of a file may have been put together: once more, from the beginning.
    if (resumed && !again) continue;
    const problem = page
      ? 'the server sent a web page instead of the file'
      : `checksum of ${basename(path)} is ${sum}, expected ${digits}${digits.length < length ? '...' : ''}: the file was cut or changed`;
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
  { url, path, name }: DownloadFileOptions,
  reason: DownloadFailure,
  problem: string,
  remedy: string,
  cause?: unknown,
): DownloadError {
  return new DownloadError(reason, url, path, problem, remedy, { cause, name });
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
  const { default: lockfile } = await import('proper-lockfile');
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
