/** Detectors of every kind that are small enough to be compared in seconds. */
import { withManualPattern } from '@icconv/models';
import { initial } from '@icconv/test-utils/values';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type FasterRcnnConfig, fasterRcnnConfig, fasterRcnnShapes } from '../../src';

export const MAX_DETECTIONS = 20;

interface Changes {
  readonly plain?: boolean;
  readonly input?: Partial<FasterRcnnConfig['input']>;
  readonly anchors?: Partial<FasterRcnnConfig['rpn']['anchors']>;
  readonly proposals?: Partial<FasterRcnnConfig['rpn']['test']>;
  readonly roi?: Partial<FasterRcnnConfig['roi']>;
  readonly test?: Partial<FasterRcnnConfig['roi']['test']>;
}

type Kind = Omit<Parameters<typeof fasterRcnnConfig>[0], 'backbone' | 'classes'>;

export function smallDetector(
  kind: Kind,
  { plain = false, input, anchors, proposals, roi, test }: Changes = {},
): FasterRcnnConfig {
  const small = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 } as const;
  const backbone = plain ? small : withManualPattern(small, { maxDilation: 3 });
  const base = fasterRcnnConfig({ ...kind, backbone, classes: 3 });
  const few = { preNmsTopN: 200, postNmsTopN: 60, ...proposals };
  return {
    ...base,
    fpnChannels: 8,
    input: { ...base.input, ...input },
    rpn: { ...base.rpn, anchors: { ...base.rpn.anchors, ...anchors }, test: { ...base.rpn.test, ...few } },
    roi: {
      ...{ ...base.roi, hidden: 16 },
      // Small pictures have boxes of all levels.
      levelRule: { ...base.roi.levelRule, canonicalSize: 60 },
      ...roi,
      test: { ...base.roi.test, maxDetections: MAX_DETECTIONS, ...test },
    },
    ...(base.mask && { mask: { ...base.mask, hidden: 8, convs: 2 } }),
  };
}

/** Seeded weights whose scores are apart from each other, as those of trained networks are. */
export function weightsOf(config: FasterRcnnConfig): Record<string, Tensor> {
  const smallOutputs: readonly (readonly [RegExp, number])[] = [
    [/rpn.*cls_logits\.weight$/, 0.1],
    [/rpn.*bbox_pred\.weight$/, 0.05],
    [/box_predictor.*cls_score\.weight$/, 0.2],
    [/box_predictor.*bbox_pred\.weight$/, 0.2],
    // Where pixels are not divided by their deviation.
    [/body\.conv1\.weight$/, Math.min(1, config.input.deviation[0] / 60)],
  ];
  return Object.fromEntries(
    Object.entries(fasterRcnnShapes(config)).map(([name, shape]) => {
      if (shape.length === 1 && /(fpn|box_head|mask_head).*\.1\.weight$/.test(name))
        return [name, normWeight(name, shape)];
      const factor = smallOutputs.find(([pattern]) => pattern.test(name))?.[1] ?? 1;
      return [name, tf.tidy(() => tf.mul(initial(name, shape, { last: 'bn2' }), factor))];
    }),
  );
}

/** Of a batch norm outside the backbone. */
const normWeight = (name: string, shape: readonly number[]) =>
  tf.tidy(() => tf.add(tf.mul(initial(name, shape), 2), 1));
