/** The demo's detector: a small IC-ResNet with a light pyramid, 3.5 million weights. */
import { type FasterRcnnConfig, fasterRcnnConfig } from '@icconv/detection';
import { type ResNetConfig, withManualPattern } from '@icconv/models';

/** Side of the scenes in pixels; they are not resized. */
export const SIDE = 320;

/** A quarter of ResNet-18's FLOPs; the second convolution of each block is inception or plain. */
function backbone(inception: boolean): ResNetConfig {
  const plain: ResNetConfig = { block: 'basic', blocks: [2, 2, 2, 2], width: 32 };
  return inception ? withManualPattern(plain, { maxDilation: 4 }) : plain;
}

export function digitsConfig(options: { readonly inception?: boolean } = {}): FasterRcnnConfig {
  const base = fasterRcnnConfig({ backbone: backbone(options.inception ?? true), classes: 10 });
  return {
    ...base,
    fpnChannels: 64,
    input: { ...base.input, minSize: SIDE, maxSize: SIDE },
    rpn: {
      ...base.rpn,
      // Digits are 12 to 200 pixels high: P2 gets the smallest.
      anchors: { sizes: [[12], [24], [48], [96], [192]], ratios: [0.5, 1, 2], rounded: false },
      train: { ...base.rpn.train, preNmsTopN: 500, postNmsTopN: 300 },
      test: { ...base.rpn.test, preNmsTopN: 300, postNmsTopN: 150 },
      sampler: { perImage: 128, foregroundShare: 0.5 },
    },
    roi: {
      ...base.roi,
      aligned: true,
      hidden: 192,
      // A digit of 48 pixels is pooled from P3.
      levelRule: { canonicalSize: 48, canonicalLevel: 1, levels: 4, epsilon: 1e-6 },
      sampler: { perImage: 128, foregroundShare: 0.25 },
    },
  };
}
