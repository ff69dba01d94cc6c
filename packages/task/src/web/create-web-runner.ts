/** From an address to a network ready for use, on the backend that the page has. */
import { ImageDecodeError } from '@icconv/base';
import type { DecodedImage } from '@icconv/base/pictures';
import { registerKernels, runStepsAsync } from '@icconv/tensor-ops';
import { openSafetensors } from '@icconv/tensor-ops/state-dict';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkOptions } from '../contract/call-options';
import type { NetworkTask, NetworkTypes } from '../contract/network-task';
import { type PictureRunner, pictureRunner } from '../run/picture-runner';
import { BackendUnavailableError } from './backend-unavailable-error';
import { type FetchModelOptions, fetchModel, type WebModelSource } from './fetch-model';
import { decodeWebPicture, type WebPicture } from './web-picture';

export interface WebRunner<T extends NetworkTypes> extends PictureRunner<T, WebPicture> {}

export interface WebRunnerOptions extends FetchModelOptions {}

/**
 * Loads a network into this page or worker, onto TensorFlow.js' current backend.
 *
 * @throws ModelFileError, WeightFormatError, StateDictMismatchError, each with the address; {@link BackendUnavailableError}.
 */
export async function createWebRunner<T extends NetworkTypes>(
  task: NetworkTask<T>,
  source: string | URL | WebModelSource,
  options: WebRunnerOptions = {},
): Promise<WebRunner<T>> {
  await startBackend(task.noun);
  const { model, weights: bytes, path } = await fetchModel(task, source, options);
  task.inference.check({}, model);
  const file = await openSafetensors(bytes, { path });
  const { signal } = options;
  const weights = await task.weights.read(file, model, signal === undefined ? {} : { signal });
  try {
    return pictureRunner<T, WebPicture>(task, model, weights, { decode, go: runStepsAsync, pause });
  } finally {
    tf.dispose(weights);
  }
}

/** The one that was set, or the first to start of those that the page has imported. */
async function startBackend(noun: string): Promise<void> {
  try {
    await tf.ready();
  } catch (cause) {
    throw new BackendUnavailableError(noun, (cause as Error).message, { cause });
  }
  registerKernels();
}

async function* decode(
  pictures: readonly WebPicture[],
  { signal }: NetworkOptions,
): AsyncGenerator<DecodedImage | ImageDecodeError, void, undefined> {
  for (const picture of pictures) {
    yield await decodeWebPicture(picture, signal).catch((error: unknown) => {
      if (ImageDecodeError.isInstance(error)) return error;
      throw error;
    });
  }
}

/** A task of its own, so that the page is painted. */
const pause = () => new Promise((resolve) => setTimeout(resolve));
