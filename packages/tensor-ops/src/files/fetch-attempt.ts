/** One request for a file or its rest. */
import type { FileHandle } from 'node:fs/promises';
import type { DownloadFailure } from './download-error';
import type { PartialFile } from './partial-file';

/** Why an attempt failed, and whether another one could do better. */
export class AttemptError extends Error {
  constructor(
    readonly reason: DownloadFailure,
    message: string,
    readonly retry: boolean,
    /** Milliseconds that the server asks to wait. */
    readonly waitMs = 0,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface AttemptOptions {
  readonly url: string;
  readonly stallMs: number;
  readonly onBytes: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Statuses that pass: timeouts, too many requests, a server in trouble. */
const passing = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500;

/**
 * Asks for what is missing and writes it.
 *
 * @returns when the file has the length that the server told.
 * @throws {@link AttemptError}, or the signal's reason.
 */
export async function fetchAttempt(part: PartialFile, options: AttemptOptions): Promise<void> {
  const { url, signal, onBytes } = options;
  const watch = new StallWatch(options.stallMs);
  const either = AbortSignal.any([signal, watch.signal]);
  try {
    const origin = await part.origin(url);
    if (origin === undefined) await part.remove();
    const have = await part.size();
    // A coded transfer would have offsets of its own.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (have > 0) {
      headers.range = `bytes=${have}-`;
      if (origin?.validator !== undefined) headers['if-range'] = origin.validator;
    }
    const response = await fetch(url, { headers, signal: either });
    watch.alive();
    await checkStatus(response, part, have);
    const resumed = response.status === 206;
    const start = resumed ? have : 0;
    const total = start + Number(response.headers.get('content-length') ?? 0);
    const validator = strongValidator(response.headers);
    const file = await onDisk(part.open(resumed, { url, validator }));
    let done = start;
    try {
      onBytes(done, total);
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        watch.alive();
        await onDisk(writeAll(file, chunk));
        done += chunk.byteLength;
        onBytes(done, total);
      }
    } finally {
      await file.close();
    }
    if (total > start && done !== total) {
      throw new AttemptError('incomplete', `the connection ended after ${done} of ${total} bytes`, true);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AttemptError) throw error;
    if (watch.signal.aborted) {
      throw new AttemptError('stalled', `no byte came for ${options.stallMs / 1000} s`, true);
    }
    throw new AttemptError('unreachable', describe(error), true, 0, { cause: error });
  } finally {
    watch.stop();
  }
}

async function checkStatus(response: Response, part: PartialFile, have: number): Promise<void> {
  const { status, headers } = response;
  if (status === 200 && response.body !== null) return;
  if (status === 206 && response.body !== null) {
    const range = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '');
    if (Number(range?.[1]) === have) return;
    await part.remove();
    throw new AttemptError('incomplete', `asked for bytes from ${have} on, the server sent others`, true);
  }
  await response.body?.cancel();
  // The file at the server is shorter than what is here, so this is something else.
  if (status === 416) {
    await part.remove();
    throw new AttemptError('incomplete', 'the unfinished file here is not the beginning of the one there', true);
  }
  const after = Number(headers.get('retry-after') ?? 0);
  throw new AttemptError('refused', `the server answered ${status}`, passing(status), (after || 0) * 1000);
}

/** A weak ETag does not promise the same bytes. */
function strongValidator(headers: Headers): string | undefined {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : (headers.get('last-modified') ?? undefined);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) done += (await file.write(bytes, done)).bytesWritten;
}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new AttemptError('disk', `cannot write: ${(cause as Error).message}`, false, 0, { cause });
  }
}

/** Node's fetch says "fetch failed" and keeps the reason, such as a refused connection, as the cause. */
function describe(error: unknown): string {
  const { message, cause } = error as Error & {
    readonly cause?: { readonly message?: string; readonly code?: string };
  };
  const reason = cause?.message || cause?.code;
  return reason ? `${message} (${reason})` : message;
}

/** Fires when nothing was heard for a while. */
class StallWatch {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  alive(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
