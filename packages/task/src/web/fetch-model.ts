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
  /** Address of a safetensors file, or its bytes. @defaultValue the first of model, best and final.safetensors beside the description */
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
  const file = shown(address);
  if (weights === undefined && !liesInFolder(address)) {
    throw new ModelFileError(file, 'has no folder with weights; give their address or bytes as `weights`');
  }
  const response = answered(await ask(address, options), address);
  const text = await orFault(response.text(), address, options);
  const model = describedModel(task, parseDescription(text, file), file);
  if (weights instanceof Uint8Array) return { model, weights, path: '<memory>' };
  const found = weights === undefined ? await askBeside(address, options) : await askFor(absolute(weights), options);
  return { model, weights: await readBody(found, options), path: shown(found.address) };
}

function absolute(address: string | URL): URL {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(address, base);
  } catch (cause) {
    const reason = base === undefined ? 'is no absolute address' : `is no address, seen from ${base}`;
    throw new ModelFileError(String(address), reason, { cause });
  }
}

const liesInFolder = ({ protocol }: URL) => protocol !== 'blob:' && protocol !== 'data:';

function descriptionAt(address: URL): URL {
  if (!liesInFolder(address) || address.pathname.endsWith('.json')) return address;
  const folder = new URL(address.href);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  folder.pathname += MODEL_FILE;
  return folder;
}

const shown = ({ protocol, href }: URL) => (protocol === 'data:' ? 'data URL' : href);

interface Found {
  readonly address: URL;
  readonly response: Response;
}

async function askFor(address: URL, options: FetchModelOptions): Promise<Found> {
  return { address, response: answered(await ask(address, options), address) };
}

/** The weights in a description's folder, by the names that trainings and zoos give them. */
async function askBeside(description: URL, options: FetchModelOptions): Promise<Found> {
  for (const name of WEIGHT_FILES) {
    const address = new URL(name, description);
    const response = await ask(address, options);
    if (!isAbsent(response)) return { address, response: answered(response, address) };
  }
  const names = `neither ${WEIGHT_FILES.slice(0, -1).join(' nor ')} nor ${WEIGHT_FILES.at(-1)}`;
  throw new ModelFileError(
    shown(description),
    `${names} is beside it; serve one of them there, or give the address or bytes of others as \`weights\``,
  );
}

/** Servers of applications of one page, Vite's among them, answer with that page where a file is missing. */
const isAbsent = ({ status, headers }: Response) =>
  status === 404 || headers.get('content-type')?.startsWith('text/html') === true;

const ask = (address: URL, options: FetchModelOptions) =>
  orFault(fetch(address, defined({ signal: options.signal })), address, options);

function answered(response: Response, address: URL): Response {
  if (response.ok) return response;
  throw new ModelFileError(shown(address), `the server answers ${response.status} ${response.statusText}`.trim());
}

/** What comes over the wire, with the address where it does not: a connection may also end in the middle. */
function orFault<R>(coming: Promise<R>, address: URL, { signal }: FetchModelOptions): Promise<R> {
  return coming.catch((cause: Error) => {
    signal?.throwIfAborted();
    throw new ModelFileError(shown(address), `cannot be fetched: ${cause.message}`, { cause });
  });
}

async function readBody({ address, response }: Found, options: FetchModelOptions): Promise<Uint8Array> {
  const { onProgress } = options;
  if (onProgress === undefined || response.body === null) {
    return new Uint8Array(await orFault(response.arrayBuffer(), address, options));
  }
  // The length is that of the compressed bytes where the server compresses.
  const length = response.headers.get('content-encoding') === null ? response.headers.get('content-length') : null;
  const total = Number(length ?? 0);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { value } = await orFault(reader.read(), address, options);
    if (value === undefined) break;
    pieces.push(value as Uint8Array<ArrayBuffer>);
    done += value.byteLength;
    onProgress({ phase: 'download', done, total });
  }
  return new Uint8Array(await orFault(new Blob(pieces).arrayBuffer(), address, options));
}
