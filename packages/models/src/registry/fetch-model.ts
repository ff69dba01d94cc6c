/** Brings a registered checkpoint into the user's cache. */
import { join } from 'node:path';
import { cacheRoot, type DownloadFileOptions, downloadFile } from '@icconv/tensor-ops/download';
import type { ModelEntry } from './model-entry';
import { findModel } from './registry';

export interface FetchModelOptions extends Pick<DownloadFileOptions, 'offline' | 'onProgress' | 'signal'> {
  /** Another address of the same file, as a mirror's; the checksum stays. */
  readonly url?: string;
  /** Folder to keep it in; `models` in the user's cache (`ICCONV_CACHE`). */
  readonly folder?: string;
}

export interface FetchedModel {
  readonly entry: ModelEntry;
  readonly path: string;
  /** False when it was there already. */
  readonly downloaded: boolean;
}

/** Where a checkpoint is or would be kept. */
export function modelPath(entry: ModelEntry, folder: string = join(cacheRoot(), 'models')): string {
  const [library] = entry.name.split('/') as [string];
  return join(folder, library, decodeURIComponent(new URL(entry.url).pathname.split('/').at(-1)!));
}

/**
 * Provides a checkpoint's file: out of the cache when it is there and whole, else from its publisher. What an earlier call left
 * unfinished is gone on with; several may run at once.
 *
 * @param model - a name of {@link MODELS}, or an entry of your own.
 * @throws {@link InvalidArgumentError} for an unknown name; DownloadError of `@icconv/tensor-ops/download` with reason and remedy.
 * @example
 * ```ts
 * const { path } = await fetchModel('torchvision/fasterrcnn-resnet50-fpn-v2');
 * ```
 */
export async function fetchModel(model: string | ModelEntry, options: FetchModelOptions = {}): Promise<FetchedModel> {
  const entry = typeof model === 'string' ? findModel(model) : model;
  const { url = entry.url, folder, ...rest } = options;
  const path = modelPath(entry, folder);
  const downloaded = await downloadFile({ ...rest, url, path, sha256: entry.sha256 });
  return { entry, path, downloaded };
}
