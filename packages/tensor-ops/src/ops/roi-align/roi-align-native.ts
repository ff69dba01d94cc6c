/** RoIAlign on TensorFlow's native runtime, by the ops of native/binding/roi_align_op.cc. */
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { isRefusal } from '../../kernel/kernel-errors';
import { attr, type NativeBackend } from '../../kernel/native-backend';
import { checkRois, type RoiAlignAttrs } from './geometry';

export function roiAlignNative(
  backend: NativeBackend,
  rois: Tensor2D,
  levels: Tensor1D,
  features: readonly Tensor4D[],
  attrs: RoiAlignAttrs,
): Tensor4D {
  const opAttrs = [
    attr.int('N', features.length),
    { ...attr.float('scales', 0), value: attrs.maps.map((map) => map.scale) },
    attr.int('pooled_height', attrs.outputSize[0]),
    attr.int('pooled_width', attrs.outputSize[1]),
    attr.int('sampling_ratio', attrs.samplingRatio),
    attr.bool('aligned', attrs.aligned),
  ];
  try {
    return backend.executeSingleOutput('IcconvRoiAlign', opAttrs, [rois, levels, ...features]) as Tensor4D;
  } catch (error) {
    // The op refuses bad RoIs, of which its message names the first; this names what is wrong with it.
    if (isRefusal(error)) checkRois('roiAlign', rois.dataSync(), levels.dataSync(), attrs.maps);
    throw error;
  }
}

/** Gradient for map `level`. */
export function roiAlignGradNative(
  backend: NativeBackend,
  dy: Tensor4D,
  rois: Tensor2D,
  levels: Tensor1D,
  attrs: RoiAlignAttrs,
  level: number,
): Tensor4D {
  const { shape, scale } = attrs.maps[level]!;
  const opAttrs = [
    attr.int('level', level),
    attr.float('scale', scale),
    attr.int('sampling_ratio', attrs.samplingRatio),
    attr.bool('aligned', attrs.aligned),
  ];
  const mapSize = tf.tensor1d(shape.slice(0, 3), 'int32');
  return backend.executeSingleOutput('IcconvRoiAlignGrad', opAttrs, [dy, rois, levels, mapSize]) as Tensor4D;
}
