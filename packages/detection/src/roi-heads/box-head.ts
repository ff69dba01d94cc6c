/**
 * The box heads: pooled RoIs through convolutions (if any) and linear layers to class logits and box deltas.
 *
 * Letters: R RoIs, S x S bins, C channels, K classes without background.
 */
import type { HeadConv, HeadLinear, HeadPlan } from '@icconv/models';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { CascadeStage, FasterRcnnConfig } from '../config/faster-rcnn-config';

/** One box head and what it is trained by. */
export interface BoxStage extends CascadeStage {
  readonly head: HeadPlan<'logits' | 'deltas'>;
}

/** The one box head, or those of a cascade, in the order in which boxes go through them. */
export function boxStages(config: FasterRcnnConfig): readonly BoxStage[] {
  const { cascade, matcher, coderWeights } = config.roi;
  const first = { matcher, coderWeights, lossWeight: 1 };
  if (cascade === undefined) return [{ ...first, head: boxHead(config, '') }];
  return [first, ...cascade.stages].map((stage, i) => ({ ...stage, head: boxHead(config, `.${i}`) }));
}

/** The layers, by torchvision's names. @param stage - what stands behind the names of the parts: `.1` for the second of a cascade. */
function boxHead({ classes, fpnChannels, roi }: FasterRcnnConfig, stage: string): HeadPlan<'logits' | 'deltas'> {
  const { convs, linears, hidden, outputSize, backgroundDeltas, cascade } = roi;
  const [head, predictor] = [`roi_heads.box_head${stage}`, `roi_heads.box_predictor${stage}`];
  /** What a linear layer sees that has so many linear layers before it. */
  const seen = (before: number) => (before === 0 ? outputSize ** 2 * fpnChannels : hidden);
  const last = { kind: 'linear', inChannels: seen(linears) } as const;
  const boxes = cascade === undefined ? classes + (backgroundDeltas ? 1 : 0) : 1;
  return [
    ...Array.from({ length: convs }, (_, i): HeadConv<never> => {
      const [name, norm] = [`${head}.${i}.0`, `${head}.${i}.1`];
      return { kind: 'conv', name, norm, size: 3, inChannels: fpnChannels, outChannels: fpnChannels, relu: true };
    }),
    ...Array.from({ length: linears }, (_, i): HeadLinear<never> => {
      // torchvision's second version numbers its layers: convolutions, a flattening, then linear layers with their ReLUs.
      const name = convs > 0 ? `${head}.${convs + 1 + 2 * i}` : `${head}.fc${6 + i}`;
      return { kind: 'linear', name, inChannels: seen(i), outChannels: hidden, relu: true };
    }),
    { ...last, name: `${predictor}.cls_score`, outChannels: classes + 1, output: 'logits' },
    { ...last, name: `${predictor}.bbox_pred`, outChannels: 4 * boxes, output: 'deltas' },
  ];
}

export interface BoxHeadOutput {
  /** float32 [R, K + 1]. */
  readonly logits: Tensor2D;
  /** float32 [R, 4 K] or, with deltas for the background, [R, 4 (K + 1)]; of a cascade [R, 4]. */
  readonly deltas: Tensor2D;
}
