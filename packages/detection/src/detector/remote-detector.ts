/** The detector for servers: it runs in a process of its own. */

import { type ImageInput, sendableImage } from '@icconv/base/pictures';
import { createRemote } from '@icconv/tensor-ops/remote';
import type { DetectorOptions } from './create-detector';
import type { CheckpointSource, ConfigSource, FolderSource } from './detector-source';
import type { DetectionResult, Detector } from './types';

type FileWeights<S> = S extends { readonly weights: unknown } ? Omit<S, 'weights'> & { readonly weights: string } : S;

/** As for `createDetector`, but weights are a file: tensors stay in the process that made them. */
export type RemoteDetectorOptions = (FolderSource | FileWeights<CheckpointSource> | FileWeights<ConfigSource>) &
  Pick<DetectorOptions, 'device' | 'threads' | 'decode' | 'opaqueClasses' | 'limits'>;

/**
 * Loads a detector into a child process. Same results as `createDetector`, while this process' event loop stays free: calls wait their
 * turn there. Should the child die, running calls fail with a RemoteExitError, and the next call starts another.
 *
 * @throws as `createDetector`, as RemoteError with the error's name and code.
 * @example
 * ```ts
 * const detector = await createRemoteDetector({ model: 'runs/cells' });
 * // Bytes: a string would be a path or an address, and whoever sends requests would choose it.
 * server.post('/detect', async (request) => detector.detect(new Uint8Array(await request.arrayBuffer()), { signal: request.signal }));
 * ```
 */
export async function createRemoteDetector(options: RemoteDetectorOptions): Promise<Detector> {
  const remote = await createRemote({ module: hostedModule(), options });
  const { classes } = remote.facts as { classes: readonly string[] };
  return {
    classes,
    async detect(images, { signal, ...detectOptions } = {}) {
      const list = (Array.isArray(images) ? images : [images]) as readonly ImageInput[];
      const sent = await Promise.all(list.map(sendableImage));
      return (await remote.call('detect', [sent, detectOptions], signal)) as DetectionResult[];
    },
    dispose: () => remote.dispose(),
  };
}

function hostedModule(): string {
  const here = import.meta.url;
  const ending = here.endsWith('.ts') ? 'ts' : here.endsWith('.cjs') ? 'cjs' : 'js';
  return new URL(`./hosted-detector.${ending}`, here).href;
}
