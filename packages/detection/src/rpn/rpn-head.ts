/**
 * The region proposal network's head: one or more 3x3 convolutions with ReLU, then objectness and deltas by 1x1 convolutions, shared
 * by all levels. Source: Ren et al., "Faster R-CNN", NIPS 2015, section 3.1.
 */
import type { HeadPlan } from '@icconv/models';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { anchorsPerCell } from '../anchors/anchor-generator';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';

/** The layers, by torchvision's names. */
export function rpnHead({ fpnChannels, rpn }: FasterRcnnConfig): HeadPlan<'logits' | 'deltas'> {
  const prefix = 'rpn.head';
  const anchors = anchorsPerCell(rpn.anchors);
  // torchvision's deviation for all of them.
  const common = { kind: 'conv', inChannels: fpnChannels, deviation: 0.01 } as const;
  return [
    ...Array.from({ length: rpn.convs }, (_, i) => {
      return { ...common, name: `${prefix}.conv.${i}.0`, size: 3, outChannels: fpnChannels, relu: true };
    }),
    { ...common, name: `${prefix}.cls_logits`, size: 1, outChannels: anchors, output: 'logits' },
    { ...common, name: `${prefix}.bbox_pred`, size: 1, outChannels: 4 * anchors, output: 'deltas' },
  ];
}

export interface RpnOutput {
  /** For each level float32 [N, H W A]. */
  readonly logits: Tensor2D[];
  /** For each level float32 [N, H W A, 4]. */
  readonly deltas: Tensor3D[];
}

/**
 * The head on every level.
 *
 * @param features - one float32 map [N, H, W, C] a level. @param run - the head, plain or compiled.
 */
export function rpnOutput(
  features: readonly Tensor4D[],
  run: (map: Tensor4D) => Readonly<Record<'logits' | 'deltas', Tensor>>,
): RpnOutput {
  return tf.tidy((() => {
    const outputs = features.map((map) => ({ batch: map.shape[0], ...run(map) }));
    return {
      logits: outputs.map(({ batch, logits }) => tf.reshape(logits, [batch, -1])),
      deltas: outputs.map(({ batch, deltas }) => tf.reshape(deltas, [batch, -1, 4])),
    };
  }) as () => never) as RpnOutput;
}
