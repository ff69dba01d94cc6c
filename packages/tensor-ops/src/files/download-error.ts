import { VisionError } from '../errors';

/**
 * Why a download failed: the network is forbidden; the server refused (a 4xx status); it could not be reached, went silent, or kept
 * breaking off; the file is not the one expected; it could not be written.
 */
export type DownloadFailure = 'offline' | 'refused' | 'unreachable' | 'stalled' | 'incomplete' | 'checksum' | 'disk';

/** A file could not be downloaded: which, why, and the remedy. */
export class DownloadError extends VisionError {
  static override readonly kind: string = 'DownloadError';

  readonly reason: DownloadFailure;
  readonly url: string;
  /** Where the file would have been put. */
  readonly path: string;

  constructor(
    reason: DownloadFailure,
    url: string,
    path: string,
    problem: string,
    remedy: string,
    options?: {
      readonly cause?: unknown /** What it is, said before the address. */;
      readonly name?: string | undefined;
    },
  ) {
    const what = options?.name === undefined ? url : `${options.name} (${url})`;
    super('ICCONV_DOWNLOAD', `download of ${what}: ${problem}\n  remedy: ${remedy}`, options);
    this.reason = reason;
    this.url = url;
    this.path = path;
  }
}
