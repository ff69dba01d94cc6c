/** The conventions of the libraries whose checkpoints are run here. */
import { IMAGENET_RGB, type ResNetConfig } from '@icconv/models';
import type { BoxCoderWeights } from '../boxes/box-coder';
import type { CascadeConfig, FasterRcnnConfig, MaskConfig, RoiConfig, RpnConfig } from './faster-rcnn-config';

/** `torchvision-v2` is `fasterrcnn_resnet50_fpn_v2`. */
export type Preset = 'torchvision' | 'torchvision-v2' | 'mmdetection' | 'detectron2';

export const PRESETS: readonly Preset[] = ['torchvision', 'torchvision-v2', 'mmdetection', 'detectron2'];

/** Networks that began with Caffe's weights see raw BGR pixels without their mean. */
export const CAFFE_BGR = { mean: [103.53, 116.28, 123.675], deviation: [1, 1, 1], channels: 'bgr' } as const;

const RGB = { ...IMAGENET_RGB, channels: 'rgb' } as const;
const SIZES = { minSize: 800, maxSize: 1333, divisor: 32 } as const;
const ANCHORS = { sizes: [[32], [64], [128], [256], [512]], ratios: [0.5, 1, 2] } as const;

/** IoU thresholds and sample sizes are those of the Faster R-CNN and FPN papers in all libraries. */
const RPN_TRAINING = {
  matcher: { foreground: 0.7, background: 0.3, allowLowQuality: true },
  sampler: { perImage: 256, foregroundShare: 0.5 },
} as const;
const ROI_TRAINING = {
  matcher: { foreground: 0.5, background: 0.5, allowLowQuality: false },
  sampler: { perImage: 512, foregroundShare: 0.25 },
} as const;

const TORCHVISION_RPN: RpnConfig = {
  ...RPN_TRAINING,
  anchors: { ...ANCHORS, rounded: true },
  convs: 1,
  test: { preNmsTopN: 1000, postNmsTopN: 1000, nmsThreshold: 0.7, minSize: 1e-3 },
  train: { preNmsTopN: 2000, postNmsTopN: 2000, nmsThreshold: 0.7, minSize: 1e-3 },
  smoothL1Beta: 1 / 9,
};

const TORCHVISION_ROI: RoiConfig = {
  ...ROI_TRAINING,
  outputSize: 7,
  samplingRatio: 2,
  aligned: false,
  levelRule: { canonicalSize: 224, canonicalLevel: 2, levels: 4, epsilon: 1e-6 },
  convs: 0,
  linears: 2,
  hidden: 1024,
  coderWeights: [10, 10, 5, 5],
  background: 'first',
  backgroundDeltas: true,
  test: { scoreThreshold: 0.05, nmsThreshold: 0.5, maxDetections: 100, minSize: 1e-2 },
  boxLoss: 'smoothL1',
  smoothL1Beta: 1 / 9,
};

const NEWER_RPN: RpnConfig = {
  ...TORCHVISION_RPN,
  anchors: { ...ANCHORS, rounded: false },
  test: { preNmsTopN: 1000, postNmsTopN: 1000, nmsThreshold: 0.7, minSize: 0 },
  train: { preNmsTopN: 2000, postNmsTopN: 1000, nmsThreshold: 0.7, minSize: 0 },
  smoothL1Beta: 0,
};

const NEWER_ROI: RoiConfig = {
  ...TORCHVISION_ROI,
  samplingRatio: 0,
  aligned: true,
  background: 'last',
  backgroundDeltas: false,
  test: { scoreThreshold: 0.05, nmsThreshold: 0.5, maxDetections: 100, minSize: 0 },
  smoothL1Beta: 0,
};

type Conventions = Pick<FasterRcnnConfig, 'fpnChannels' | 'fpnNorm' | 'input' | 'rpn' | 'roi'>;

const CONVENTIONS: Readonly<Record<Preset, Conventions>> = {
  torchvision: {
    fpnChannels: 256,
    fpnNorm: false,
    input: { ...SIZES, ...RGB, sizeRounding: 'floor', resampling: 'torch' },
    rpn: TORCHVISION_RPN,
    roi: TORCHVISION_ROI,
  },
  'torchvision-v2': {
    fpnChannels: 256,
    fpnNorm: true,
    input: { ...SIZES, ...RGB, sizeRounding: 'floor', resampling: 'torch' },
    rpn: { ...TORCHVISION_RPN, convs: 2 },
    roi: { ...TORCHVISION_ROI, convs: 4, linears: 1 },
  },
  mmdetection: {
    fpnChannels: 256,
    fpnNorm: false,
    input: { ...SIZES, ...RGB, sizeRounding: 'round', resampling: 'opencv' },
    rpn: NEWER_RPN,
    // mmdetection's rule: floor(log2(side / 56 + 1e-6)); the same levels but for sides within a millionth of a border.
    roi: { ...NEWER_ROI, levelRule: { ...NEWER_ROI.levelRule, epsilon: 1e-6 } },
  },
  detectron2: {
    fpnChannels: 256,
    fpnNorm: false,
    input: {
      ...SIZES,
      ...CAFFE_BGR,
      sizeRounding: 'detectron2',
      resampling: 'pillow',
    },
    rpn: NEWER_RPN,
    roi: { ...NEWER_ROI, levelRule: { ...NEWER_ROI.levelRule, epsilon: 1e-8 } },
  },
};

const MASK: MaskConfig = {
  outputSize: 14,
  convs: 4,
  hidden: 256,
  norm: false,
  convention: 'detectron2',
  everyStage: false,
};
const MASKS: Readonly<Record<Preset, MaskConfig>> = {
  torchvision: { ...MASK, convention: 'torchvision' },
  'torchvision-v2': { ...MASK, convention: 'torchvision', norm: true },
  mmdetection: { ...MASK, everyStage: true },
  detectron2: MASK,
};

/** mmdetection's Mask R-CNN also learns from each object's best proposals, however little they overlap; its others do not. */
function withMasks(conventions: Conventions, preset: Preset): Conventions {
  if (preset !== 'mmdetection') return conventions;
  const { roi } = conventions;
  return { ...conventions, roi: { ...roi, matcher: { ...roi.matcher, allowLowQuality: true } } };
}

/** IoU thresholds of the paper; factors of the losses are mmdetection's. */
function cascade(average: CascadeConfig['average'], second: BoxCoderWeights, third: BoxCoderWeights): CascadeConfig {
  const stage = (iou: number, coderWeights: BoxCoderWeights, lossWeight: number) => {
    return { matcher: { foreground: iou, background: iou, allowLowQuality: false }, coderWeights, lossWeight };
  };
  return { average, stages: [stage(0.6, second, 0.5), stage(0.7, third, 0.25)] };
}

// mmdetection divides by deviations of 0.033 and 0.067, detectron2 multiplies by 30 and 15.
const MMDETECTION_CASCADE = cascade('logits', [20, 20, 10, 10], [1 / 0.033, 1 / 0.033, 1 / 0.067, 1 / 0.067]);
const DETECTRON2_CASCADE = cascade('probabilities', [20, 20, 10, 10], [30, 30, 15, 15]);

/** mmdetection's, from which detectron2 differs in a few numbers; torchvision has none. */
function withCascade(conventions: Conventions, preset: Preset): Conventions {
  const { rpn, roi } = conventions;
  return {
    ...conventions,
    rpn: {
      ...rpn,
      train: { ...rpn.train, postNmsTopN: 2000 },
      smoothL1Beta: preset === 'mmdetection' ? 1 / 9 : rpn.smoothL1Beta,
    },
    roi: {
      ...roi,
      backgroundDeltas: false,
      smoothL1Beta: preset === 'mmdetection' ? 1 : roi.smoothL1Beta,
      cascade: preset === 'detectron2' ? DETECTRON2_CASCADE : MMDETECTION_CASCADE,
    },
  };
}

/**
 * A Faster R-CNN of a library's conventions; with masks a Mask R-CNN, with a cascade a Cascade R-CNN, with both a Cascade Mask R-CNN.
 *
 * @param options.backbone - a ResNet; detectron2's own checkpoints need `stridePlacement: 'caffe'`.
 * @param options.classes - classes, the background not counted.
 */
export function fasterRcnnConfig(options: {
  readonly backbone: ResNetConfig;
  readonly classes: number;
  /** @defaultValue `'torchvision'` */
  readonly preset?: Preset;
  /** A mask for each detection. @defaultValue `false` */
  readonly masks?: boolean;
  /** Three box heads, each on the boxes of the one before. @defaultValue `false` */
  readonly cascade?: boolean;
}): FasterRcnnConfig {
  const { backbone, classes, preset = 'torchvision', masks = false, cascade: cascaded = false } = options;
  const conventions = CONVENTIONS[preset];
  return {
    ...(cascaded ? withCascade(conventions, preset) : masks ? withMasks(conventions, preset) : conventions),
    ...(masks && { mask: MASKS[preset] }),
    backbone,
    classes,
  };
}
