/** A detector's checkpoint from an open file: torchvision's, mmdetection's, detectron2's or our own. */
import { inceptionCounts, renameFrom, type WeightStyle } from '@icconv/models';
import type { ReadWeightsOptions } from '@icconv/models/files';
import { readStateDict, selectStateDict, type WeightFile } from '@icconv/tensor-ops/state-dict';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { fasterRcnnShapes } from '../network/shapes';
import { flattenedWeights, fromTorchOrder } from './flatten-order';
import { detectorNames, styleOfNames } from './names';

export interface ReadDetectorOptions extends ReadWeightsOptions {
  /** Whose names the checkpoint has. @defaultValue recognised by them */
  readonly style?: WeightStyle;
}

/** As `loadDetectorWeights`, from an open file, which stays open. */
export async function readDetectorWeights(
  file: WeightFile,
  config: FasterRcnnConfig,
  options: ReadDetectorOptions = {},
): Promise<Record<string, Tensor>> {
  const { style, ...rest } = options;
  const found = style ?? styleOfNames(selectStateDict(file, rest).entries.keys());
  const counts = inceptionCounts(config.backbone);
  const names = detectorNames(config, found);
  const weights = await readStateDict(file, {
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
}
