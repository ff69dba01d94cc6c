/** Kernels of `pasteMasks` and `cropMasks`. Neither has a gradient: pixels are inside or not. */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError } from '../../errors';
import { isRefusal } from '../../kernel/kernel-errors';
import { attr, type NativeBackend, roundDownToFloat } from '../../kernel/native-backend';
import { registerOnAllBackends } from '../../kernel/registry';
import { cropPortable } from './crop-portable';
import { pastePortable } from './paste-portable';
import type { CropMasksAttrs, PasteMasksAttrs } from './types';

export const PASTE_MASKS = 'IcConvPasteMasks';
export const CROP_MASKS = 'IcConvCropMasks';

interface PasteInputs {
  readonly probabilities: Tensor3D;
  readonly boxes: Tensor2D;
}

interface CropInputs {
  readonly counts: Tensor1D;
  readonly lengths: Tensor1D;
  readonly rois: Tensor2D;
  readonly owners: Tensor1D;
}

/** They give the run lengths of all masks and how many each has, both int32; and crops, float32 [R, S, S]. */
export function registerMasks(): void {
  registerOnAllBackends<PasteInputs, PasteMasksAttrs>(PASTE_MASKS, ({ probabilities, boxes }, attrs, { native }) => {
    if (native !== undefined) return pasteNative(native, probabilities, boxes, attrs);
    const [masks, size] = probabilities.shape;
    const corners = finite('pasteMasks', 'boxes', boxes.dataSync<'float32'>());
    const runs = pastePortable(probabilities.dataSync<'float32'>(), corners, { masks, size, ...attrs });
    const lengths = runs.map(({ length }) => length);
    return [tf.tensor1d(runs.flat(), 'int32'), tf.tensor1d(lengths, 'int32')];
  });
  registerOnAllBackends<CropInputs, CropMasksAttrs>(CROP_MASKS, (inputs, attrs, { native }) => {
    if (native !== undefined) return cropNative(native, inputs, attrs);
    const { counts, lengths, rois, owners } = inputs;
    const corners = finite('cropMasks', 'rois', rois.dataSync<'float32'>());
    const crops = cropPortable(counts.dataSync(), lengths.dataSync(), corners, owners.dataSync(), attrs);
    return tf.tensor3d(crops, [rois.shape[0], attrs.outputSize, attrs.outputSize]);
  });
}

// Pictures differ in size, and TensorFlow keeps a kernel for every set of attributes that it has seen: sizes are tensors.
const sizeOf = ({ height, width }: PasteMasksAttrs | CropMasksAttrs) => tf.tensor1d([height, width], 'int32');

function pasteNative(
  backend: NativeBackend,
  probabilities: Tensor3D,
  boxes: Tensor2D,
  attrs: PasteMasksAttrs,
): Tensor[] {
  const { threshold, wholeBoxes } = attrs;
  // At the threshold is inside or not, which a threshold between two floats must not change.
  const nearest = wholeBoxes ? roundDownToFloat(threshold) : -roundDownToFloat(-threshold);
  const nativeAttrs = [attr.float('threshold', nearest), attr.bool('whole_boxes', wholeBoxes)];
  return refusing('pasteMasks', 'boxes', boxes, () => {
    const inputs = [probabilities, boxes, sizeOf(attrs)];
    return backend.executeMultipleOutputs('IcconvPasteMasks', nativeAttrs, inputs, 2) as Tensor[];
  });
}

function cropNative(backend: NativeBackend, inputs: CropInputs, attrs: CropMasksAttrs): Tensor {
  const { counts, lengths, rois, owners } = inputs;
  const nativeAttrs = [
    attr.int('output_size', attrs.outputSize),
    attr.int('sampling_ratio', attrs.samplingRatio),
    attr.bool('aligned', attrs.aligned),
    attr.bool('binary', attrs.binary),
  ];
  return refusing('cropMasks', 'rois', rois, () => {
    const all = [counts, lengths, rois, owners, sizeOf(attrs)];
    return backend.executeSingleOutput('IcconvCropMasks', nativeAttrs, all) as Tensor;
  });
}

/** The ops refuse what is not finite; this says so in the project's own error. */
function refusing<T>(op: string, parameter: string, boxes: Tensor2D, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (isRefusal(error)) finite(op, parameter, boxes.dataSync<'float32'>());
    throw error;
  }
}

function finite(op: string, parameter: string, values: Float32Array): Float32Array {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  throw new InvalidArgumentError(op, `element ${bad} of ${parameter}`, values[bad], 'a finite number');
}
