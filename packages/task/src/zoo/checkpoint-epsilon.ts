/** Checkpoints whose batch norms have another epsilon than the usual: no state dict says so, and a wrong one costs accuracy silently. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { sha256OfFile } from '@icconv/tensor-ops/download';
import { type OpenWeightsOptions, openWeights } from '@icconv/tensor-ops/weights';

/** Key of a safetensors header. */
export const EPSILON_KEY = 'icconv.batchNormEpsilon';

/**
 * Trained with 0, and all others of their library with 1e-5.
 *
 * Source: pytorch/vision, torchvision/models/detection: the models that call `overwrite_eps(model, 0.0)` for their weights COCO_V1, and
 * those weights' `_file_size`.
 */
const WITHOUT_EPSILON = [
  { name: 'fasterrcnn_resnet50_fpn_coco-258fb6c6', mebibytes: 159.743 },
  { name: 'maskrcnn_resnet50_fpn_coco-bf2d0c1e', mebibytes: 169.84 },
  { name: 'keypointrcnn_resnet50_fpn_coco-fc266e95', mebibytes: 226.054 },
  { name: 'retinanet_resnet50_fpn_coco-eeacb38b', mebibytes: 130.267 },
] as const;

/** Sizes are published to three digits of a mebibyte. */
const SIZE_ERROR = 0.0005;
const MEBIBYTE = 2 ** 20;

/**
 * The epsilon that a checkpoint's batch norms were trained with, as far as it is known to differ from 1e-5: by the name that its publisher
 * gave it, by the checksum in that name if it was renamed, or by what `icconv convert` noted in a safetensors header.
 *
 * @returns undefined for all other files, missing ones too.
 * @throws WeightFormatError for a damaged safetensors file.
 */
export async function checkpointEpsilon(path: string, reading: OpenWeightsOptions = {}): Promise<number | undefined> {
  const file = basename(path);
  if (WITHOUT_EPSILON.some(({ name }) => file.startsWith(name))) return 0;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return undefined;
  if (file.endsWith('.safetensors')) return notedEpsilon(path, reading);
  const size = found.size / MEBIBYTE;
  const like = WITHOUT_EPSILON.find(({ mebibytes }) => Math.abs(size - mebibytes) <= SIZE_ERROR);
  if (like === undefined) return undefined;
  return (await sha256OfFile(path)).startsWith(like.name.slice(-8)) ? 0 : undefined;
}

async function notedEpsilon(path: string, reading: OpenWeightsOptions): Promise<number | undefined> {
  const weights = await openWeights(path, reading);
  try {
    const noted = weights.metadata.get(EPSILON_KEY);
    const value = Number(noted);
    return noted === undefined || !(value >= 0 && value < 1) ? undefined : value;
  } finally {
    await weights.close();
  }
}
