/** The pose estimator for servers: it runs in a process of its own. */

import { type ImageInput, sendableImage } from '@icconv/base/pictures';
import { createRemote } from '@icconv/tensor-ops/remote';
import type { CheckpointSource, ConfigSource, EstimatorOptions, FolderSource } from './create-estimator';
import type { PoseEstimator, PoseResult } from './types';

type FileWeights<S> = S extends { readonly weights: unknown } ? Omit<S, 'weights'> & { readonly weights: string } : S;

/** As for `createPoseEstimator`, but weights are a file: tensors stay in the process that made them. */
export type RemoteEstimatorOptions = (FolderSource | FileWeights<CheckpointSource> | FileWeights<ConfigSource>) &
  Pick<EstimatorOptions, 'device' | 'threads' | 'decode' | 'opaqueClasses' | 'limits'>;

/**
 * Loads a pose estimator into a child process. Same results as `createPoseEstimator`, while this process' event loop stays free: calls wait
 * their turn there. Should the child die, running calls fail with a RemoteExitError, and the next call starts another.
 *
 * @throws as `createPoseEstimator`, as RemoteError with the error's name and code.
 */
export async function createRemotePoseEstimator(options: RemoteEstimatorOptions): Promise<PoseEstimator> {
  const remote = await createRemote({ module: hostedModule(), options });
  const { keypoints } = remote.facts as { keypoints: readonly string[] };
  return {
    keypoints,
    async estimate(images, { signal, ...how } = {}) {
      const list = (Array.isArray(images) ? images : [images]) as readonly ImageInput[];
      const sent = await Promise.all(list.map(sendableImage));
      return (await remote.call('estimate', [sent, how], signal)) as PoseResult[];
    },
    dispose: () => remote.dispose(),
  };
}

function hostedModule(): string {
  const here = import.meta.url;
  const ending = here.endsWith('.ts') ? 'ts' : here.endsWith('.cjs') ? 'cjs' : 'js';
  return new URL(`./hosted-estimator.${ending}`, here).href;
}
