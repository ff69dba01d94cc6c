/// <reference lib="dom" />
/// <reference lib="dom.asynciterable" />
/** A model's folder on a server: the description and the weights beside it. */
import { defined } from '@icconv/base';
import type { DownloadProgress } from '@icconv/tensor-ops/download';
import type { NetworkTask, NetworkTypes } from '../contract/network-task';
import { describedModel, MODEL_FILE, ModelFileError, parseDescription, WEIGHT_FILES } from '../model/description';

export interface WebModelSource {
  /** Address of a trained model's folder, or of its `model.json`; `blob:` and `data:` addresses are of a `model.json`. */
  readonly model: string | URL;
  /** Address of a safetensors file, or its bytes. @defaultValue `model.safetensors` beside the description */
  readonly weights?: string | URL | Uint8Array;
}

export interface FetchModelOptions {
  /** Told while the weights come; `total` is 0 where the server does not tell it. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface FetchedModel<T extends NetworkTypes> {
  readonly model: T['model'];
  readonly weights: Uint8Array;
  /** Where the weights are from, for messages. */
  readonly path: string;
}

/** @throws {@link ModelFileError} for what cannot be fetched, is no description, or belongs to another task. */
export async function fetchModel<T extends NetworkTypes>(
  task: NetworkTask<T>,
  source: string | URL | WebModelSource,
  options: FetchModelOptions = {},
): Promise<FetchedModel<T>> {
  const { model: given, weights }: WebModelSource =
    typeof source === 'string' || source instanceof URL ? { model: source } : source;
  const address = descriptionAt(absolute(given));
  const file = shown(address.href);
  const response = await answer(address, options);
  const model = describedModel(task, parseDescription(await response.text(), file), file);
  if (weights instanceof Uint8Array) return { model, weights, path: '<memory>' };
  const place = weights === undefined ? new URL(WEIGHT_FILES[0], address) : absolute(weights);
  const bytes = await readBody(await answer(place, options), options.onProgress);
  return { model, weights: bytes, path: shown(place.href) };
}

function absolute(address: string | URL): URL {
  return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href);
}

function descriptionAt(address: URL): URL {
  const { protocol, pathname, href } = address;
  if (protocol === 'blob:' || protocol === 'data:' || pathname.endsWith('.json')) return address;
  const folder = new URL(href);
  if (!pathname.endsWith('/')) folder.pathname += '/';
  folder.pathname += MODEL_FILE;
  return folder;
}

const shown = (address: string) => (address.startsWith('data:') ? 'data URL' : address);

async function answer(address: URL, { signal }: FetchModelOptions): Promise<Response> {
  const response = await fetch(address, defined({ signal })).catch((cause: Error) => {
    signal?.throwIfAborted();
    throw new ModelFileError(shown(address.href), `cannot be fetched: ${cause.message}`, { cause });
  });
  if (response.ok) return response;
  throw new ModelFileError(shown(address.href), `the server answers ${response.status} ${response.statusText}`.trim());
}

async function readBody(response: Response, onProgress: FetchModelOptions['onProgress']): Promise<Uint8Array> {
  if (onProgress === undefined || response.body === null) return new Uint8Array(await response.arrayBuffer());
  // The length is that of the compressed bytes where the server compresses.
  const length = response.headers.get('content-encoding') === null ? response.headers.get('content-length') : null;
  const total = Number(length ?? 0);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { value } = await reader.read();
    if (value === undefined) break;
    pieces.push(value as Uint8Array<ArrayBuffer>);
    done += value.byteLength;
    onProgress({ phase: 'download', done, total });
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
