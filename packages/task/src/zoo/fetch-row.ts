/** Brings a published checkpoint into the user's cache. */
import { join } from 'node:path';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { cacheRoot, type DownloadFileOptions, downloadFile } from '@icconv/tensor-ops/download';
import type { ZooFile, ZooRow } from '../contract/zoo-row';
import { fileName } from './find-row';

export interface FetchModelOptions extends Pick<DownloadFileOptions, 'offline' | 'onProgress' | 'signal'> {
  /** Another address of the same file, as a mirror's; the checksum stays. */
  readonly url?: string;
  /** Folder to keep it in; `models` in the user's cache (`ICCONV_CACHE`). */
  readonly folder?: string;
}

export interface FetchedModel {
  readonly name: string;
  readonly path: string;
  /** False when it was there already. */
  readonly downloaded: boolean;
}

/** Where a checkpoint is or would be kept. @throws InvalidArgumentError for one that must be fetched by hand, with the steps. */
export function rowPath(row: ZooRow, folder: string = join(cacheRoot(), 'models')): string {
  const [library] = row.name.split('/') as [string];
  return join(folder, library, fileName(fileOf(row).url));
}

/**
 * Provides a checkpoint's file: out of the cache when it is there and whole, else from its publisher. What an earlier call left
 * unfinished is gone on with; several may run at once.
 *
 * @throws InvalidArgumentError for one that must be fetched by hand, with the steps; DownloadError with reason and remedy.
 */
export async function fetchRow(row: ZooRow, options: FetchModelOptions = {}): Promise<FetchedModel> {
  const { url, bytes: _, ...checksum } = fileOf(row);
  const { folder, url: mirror = url, ...rest } = options;
  const path = rowPath(row, folder);
  const downloaded = await downloadFile({ ...rest, name: row.name, url: mirror, path, ...checksum });
  return { name: row.name, path, downloaded };
}

function fileOf({ name, file }: ZooRow): ZooFile {
  if ('url' in file) return file;
  const steps = file.steps.map((step, index) => `\n  ${index + 1}. ${step}`).join('');
  throw new InvalidArgumentError('model', 'name', name, `that of a file without a log-in; this one by hand:${steps}`);
}
