/** Kernels of `imageBatch`. Inputs are a list, because their number varies: one int32 tensor of packed pixels a picture. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { registerOnAllBackends } from '../../kernel/registry';
import { imageBatchNative } from './image-batch-native';
import { imageBatchPortable } from './image-batch-portable';
import { unpackPixels } from './pack';
import type { ImageBatchAttrs } from './types';

export const IMAGE_BATCH = 'IcConvImageBatch';

export function registerImageBatch(): void {
  registerOnAllBackends<Tensor[], ImageBatchAttrs>(IMAGE_BATCH, (inputs, attrs, { native }) => {
    const images = Object.values(inputs);
    if (native !== undefined) return imageBatchNative(native, images, attrs);
    const pixels = images.map((image) => unpackPixels(image.dataSync<'int32'>()));
    return tf.tensor4d(imageBatchPortable(pixels, attrs), [...attrs.shape, 3]);
  });
}
