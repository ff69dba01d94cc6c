/** Checkpoints of detectors: torchvision's, mmdetection's, detectron2's and our own, as safetensors or PyTorch files. */
import { inceptionCounts, renameFrom, type WeightStyle } from '@icconv/models';
import type { LoadWeightsOptions } from '@icconv/models/files';
import {
  loadStateDict,
  openWeights,
  type SaveStateDictOptions,
  saveStateDict,
  selectStateDict,
} from '@icconv/tensor-ops/weights';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { fasterRcnnShapes } from '../network/shapes';
import { flattenedWeights, fromTorchOrder, toTorchOrder } from './flatten-order';
import { detectorNames, styleOfNames } from './names';

export interface LoadDetectorOptions extends LoadWeightsOptions {
  /** Whose names the checkpoint has. @defaultValue recognised by them */
  readonly style?: WeightStyle;
}

/**
 * Loads a detector's checkpoint.
 *
 * @returns weights by torchvision's names, in TensorFlow's layouts; the caller owns them.
 * @throws as `loadStateDict`: for a damaged file, and for names or shapes that do not fit, with both shapes and the likely cause.
 */
export async function loadDetectorWeights(
  path: string,
  config: FasterRcnnConfig,
  options: LoadDetectorOptions = {},
): Promise<Record<string, Tensor>> {
  const { style, ...rest } = options;
  const file = await openWeights(path, rest);
  try {
    const found = style ?? styleOfNames(selectStateDict(file, rest).entries.keys());
    const counts = inceptionCounts(config.backbone);
    const names = detectorNames(config, found);
    const weights = await loadStateDict(file, {
      ...rest,
      expected: fasterRcnnShapes(config),
      rename: renameFrom(names),
      ...(Object.keys(counts).length > 0 && {
        inceptionCounts: Object.fromEntries(
          Object.entries(counts).map(([layer, list]) => [
            names[`backbone.body.${layer}.weight`]!.slice(0, -'.weight'.length),
            list,
          ]),
        ),
      }),
    });
    const ours = fromTorchOrder(weights, config);
    for (const name of flattenedWeights(config)) weights[name]?.dispose();
    return ours;
  } finally {
    await file.close();
  }
}

/** Saves a detector's weights by torchvision's names and layouts: torchvision loads the file. @returns the path written. */
export async function saveDetectorWeights(
  path: string,
  weights: Readonly<Record<string, Tensor>>,
  config: FasterRcnnConfig,
  options: SaveStateDictOptions = {},
): Promise<string> {
  const theirs = toTorchOrder(weights, config);
  try {
    return await saveStateDict(theirs, path, options);
  } finally {
    for (const name of flattenedWeights(config)) theirs[name]?.dispose();
  }
}
