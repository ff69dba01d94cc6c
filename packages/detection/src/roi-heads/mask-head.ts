/**
 * The mask heads: pooled RoIs through convolutions to maps of twice the size, one for each class.
 *
 * Letters: R RoIs, S x S bins, M = 2 S side of a mask, K classes without background.
 */
import type { HeadConv, HeadPlan } from '@icconv/models';
import type { Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig, MaskConfig } from '../config/faster-rcnn-config';

/** The mask head of each stage that has one: of none without masks, of the first, or of all stages of a cascade. */
export function maskHeads(config: FasterRcnnConfig): readonly HeadPlan<'masks'>[] {
  const { mask, roi } = config;
  if (mask === undefined) return [];
  if (!mask.everyStage || roi.cascade === undefined) return [maskHead(config, mask, '')];
  return [-1, ...roi.cascade.stages.keys()].map((stage) => maskHead(config, mask, `.${stage + 1}`));
}

/** The layers, by torchvision's names. @param stage - as of the box heads. */
function maskHead({ classes, fpnChannels }: FasterRcnnConfig, mask: MaskConfig, stage: string): HeadPlan<'masks'> {
  const { convs, hidden, norm } = mask;
  const [head, predictor] = [`roi_heads.mask_head${stage}`, `roi_heads.mask_predictor${stage}`];
  const seen = convs === 0 ? fpnChannels : hidden;
  return [
    ...Array.from({ length: convs }, (_, i): HeadConv<never> => {
      const channels = { inChannels: i === 0 ? fpnChannels : hidden, outChannels: hidden };
      const name = `${head}.${i}.0`;
      return { kind: 'conv', name, size: 3, ...channels, relu: true, ...(norm && { norm: `${head}.${i}.1` }) };
    }),
    { kind: 'deconv', name: `${predictor}.conv5_mask`, size: 2, inChannels: seen, outChannels: hidden, relu: true },
    {
      ...{ kind: 'conv', name: `${predictor}.mask_fcn_logits`, size: 1, output: 'masks' },
      ...{ inChannels: hidden, outChannels: classes + backgroundMasks(mask) },
    },
  ];
}

/** Channels before that of the first class. */
export const backgroundMasks = ({ convention }: MaskConfig) => (convention === 'torchvision' ? 1 : 0);

/** The channel of the head's maps that each class has, int32 [R]. */
export function channelsOf(classes: Tensor1D, mask: MaskConfig): Tensor1D {
  return tf.add(classes, tf.scalar(backgroundMasks(mask), 'int32'));
}

/**
 * The map of each region's class.
 *
 * @param maps - float32 [R, M, M, channels], as the head gives them. @param classes - int32 [R], 0 to K - 1.
 * @returns float32 [R, M, M], logits; differentiable for `maps`.
 */
export function ofClass(maps: Tensor4D, classes: Tensor1D, mask: MaskConfig): Tensor3D {
  return tf.tidy(() => {
    const [regions, rows, columns, channels] = maps.shape;
    // TensorFlow.js has no one-hot vectors of one element.
    if (channels === 1) return tf.reshape(maps, [regions, rows, columns]) as Tensor3D;
    const chosen = tf.oneHot(channelsOf(classes, mask), channels);
    const pixels = tf.reshape(maps, [regions, rows * columns, channels]) as Tensor3D;
    const products = tf.matMul(pixels, tf.reshape(tf.cast(chosen, 'float32'), [regions, channels, 1]));
    return tf.reshape(products, [regions, rows, columns]) as Tensor3D;
  });
}
