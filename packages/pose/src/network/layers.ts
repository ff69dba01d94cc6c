/** The head's layers by mmpose's names, which checkpoints have. */
import { type HeadConv, type HeadLayer, type HeadPlan, resnetFeatures } from '@icconv/models';
import { type PoseConfig, tagSize } from '../config/pose-config';

export const BACKBONE_PREFIX = 'backbone.';
const HEAD = 'keypoint_head';

/** Deviation of the head's first filters; mmpose's. */
const DEVIATION = 0.001;
const DECONV = { kind: 'deconv', relu: true, deviation: DEVIATION } as const;

/** From C5 to heatmaps and perhaps tags: outputs from the coarsest to the finest. */
export function poseHead({ backbone, head, skeleton }: PoseConfig): HeadPlan {
  const keypoints = skeleton.keypoints.length;
  const layers: HeadLayer[] = [];
  let features = resnetFeatures(backbone).c5.channels;
  for (const [i, { channels, kernel }] of head.deconvs.entries()) {
    // A sequence of transposed convolution, norm and ReLU three by three.
    const [name, norm] = [`${HEAD}.deconv_layers.${3 * i}`, `${HEAD}.deconv_layers.${3 * i + 1}`];
    layers.push({ ...DECONV, name, norm, size: kernel, inChannels: features, outChannels: channels });
    features = channels;
  }
  let maps = keypoints + (head.tagPerKeypoint ? keypoints : 1) * tagSize(head);
  let before = outputLayer(`${HEAD}.final_layer`, features, maps);
  layers.push(before);
  for (const [i, { channels, kernel }] of head.higher.entries()) {
    const at = `${HEAD}.higher.${i}`;
    const [name, norm, joins] = [`${at}.deconv`, `${at}.norm`, before.name];
    layers.push({ ...DECONV, name, norm, size: kernel, inChannels: features + maps, outChannels: channels, joins });
    [features, maps] = [channels, keypoints];
    before = outputLayer(`${at}.final_layer`, features, maps);
    layers.push(before);
  }
  return layers;
}

function outputLayer(name: string, inChannels: number, outChannels: number): HeadConv {
  return { kind: 'conv', name, size: 1, inChannels, outChannels, output: name, deviation: DEVIATION };
}
