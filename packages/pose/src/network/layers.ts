/** The head's layers with the names of their weights: mmpose's, which checkpoints have. */
import { NORM_PARTS, resnetFeatures } from '@icconv/models';
import type { DeconvConfig, PoseConfig } from '../config/pose-config';

export const BACKBONE_PREFIX = 'backbone.';
const HEAD = 'keypoint_head';

export interface DeconvSpec {
  /** Of the filter, without `.weight`; [K, K, out, in], no bias. */
  readonly name: string;
  readonly norm: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: DeconvConfig['kernel'];
}

/** A 1x1 convolution with bias to heatmaps and perhaps tags. */
export interface OutputSpec {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** One output: what leads to it from the features before. */
export interface StageSpec {
  readonly deconvs: readonly DeconvSpec[];
  /** Whether the output before joins the features. */
  readonly joined: boolean;
  readonly output: OutputSpec;
}

/** Outputs from the coarsest to the finest. */
export function headStages({ backbone, head, skeleton }: PoseConfig): StageSpec[] {
  const keypoints = skeleton.keypoints.length;
  let channels = resnetFeatures(backbone).c5.channels;
  const deconvs = head.deconvs.map(({ channels: outChannels, kernel }, i): DeconvSpec => {
    // A sequence of transposed convolution, norm and ReLU three by three.
    const at = `${HEAD}.deconv_layers.${3 * i}`;
    const spec = { name: at, norm: `${HEAD}.deconv_layers.${3 * i + 1}`, inChannels: channels, outChannels, kernel };
    channels = outChannels;
    return spec;
  });
  let before = keypoints + (head.tagPerKeypoint ? keypoints : 1);
  const first = { name: `${HEAD}.final_layer`, inChannels: channels, outChannels: before };
  const stages: StageSpec[] = [{ deconvs, joined: false, output: first }];
  for (const [i, { channels: outChannels, kernel }] of head.higher.entries()) {
    const name = `${HEAD}.higher.${i}`;
    const inChannels = channels + before;
    const deconv = { name: `${name}.deconv`, norm: `${name}.norm`, inChannels, outChannels, kernel };
    const output = { name: `${name}.final_layer`, inChannels: outChannels, outChannels: keypoints };
    stages.push({ deconvs: [deconv], joined: true, output });
    [channels, before] = [outChannels, keypoints];
  }
  return stages;
}

/** Rows dropped at each side of a transposed convolution's result, and rows added, which together double a map. Source: mmpose. */
export const deconvPadding = {
  2: { pad: 0, outputPadding: 0 },
  3: { pad: 1, outputPadding: 1 },
  4: { pad: 1, outputPadding: 0 },
} as const;

/** Names and shapes of the head's weights, in forward order. */
export function headShapes(config: PoseConfig): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  for (const { deconvs, output } of headStages(config)) {
    for (const { name, norm, inChannels, outChannels, kernel } of deconvs) {
      shapes[`${name}.weight`] = [kernel, kernel, outChannels, inChannels];
      for (const part of NORM_PARTS) shapes[`${norm}.${part}`] = [outChannels];
    }
    shapes[`${output.name}.weight`] = [1, 1, output.inChannels, output.outChannels];
    shapes[`${output.name}.bias`] = [output.outChannels];
  }
  return shapes;
}
