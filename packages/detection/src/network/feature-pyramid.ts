import { fpn, fpnConfig, prefixed, resnet, type StateDict, under } from '@icconv/models';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { BACKBONE_PREFIX, FPN_PREFIX } from './names';

/** The pyramid's configuration: five levels, P2 to P6. */
export function pyramidConfig(config: FasterRcnnConfig) {
  return fpnConfig(config.backbone, {
    channels: config.fpnChannels,
    extra: { kind: 'pool' },
    norm: config.fpnNorm ? 'batch' : 'none',
  });
}

/** The pyramid's maps, finest first. */
export function pyramidMaps<T>(levels: Readonly<Record<string, T>>): T[] {
  return ['p2', 'p3', 'p4', 'p5', 'p6'].map((level) => levels[level]!);
}

/** P2 to P6 of a batch, finest first, and the new running statistics of batch norms that train, by their full names. */
export function featurePyramid(
  weights: StateDict,
  images: Tensor4D,
  config: FasterRcnnConfig,
  training: boolean | ((norm: string) => boolean),
): { readonly features: Tensor4D[]; readonly statistics: Record<string, Tensor1D> } {
  const trains = (prefix: string) =>
    typeof training === 'function' ? (norm: string) => training(prefix + norm) : training;
  const body = resnet(under(weights, BACKBONE_PREFIX), images, config.backbone, { training: trains(BACKBONE_PREFIX) });
  const pyramid = fpn(under(weights, FPN_PREFIX), body, pyramidConfig(config), { training: trains(FPN_PREFIX) });
  const statistics = { ...prefixed(BACKBONE_PREFIX, body.statistics), ...prefixed(FPN_PREFIX, pyramid.statistics) };
  return { features: pyramidMaps(pyramid.levels), statistics };
}
