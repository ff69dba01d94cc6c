import type { StateDict } from '@icconv/models';
import type { LoadWeightsOptions } from '@icconv/models/files';
import { withWeights } from '@icconv/tensor-ops/weights';
import type { NetworkTask, NetworkTypes } from '../contract/network-task';

/** Loads a network's weights from a file of any format; the caller owns them. @throws as `loadStateDict`. */
export async function loadTaskWeights<T extends NetworkTypes>(
  { weights: { read } }: NetworkTask<T>,
  path: string,
  model: T['model'],
  options: LoadWeightsOptions = {},
): Promise<StateDict> {
  return withWeights(path, options, (file) => read(file, model, options));
}
