/** Kernels and gradient of `roiAlign`. Inputs are a list, because their number varies: [rois, levels, map 0, map 1, ...]. */
import type { GradFunc, NamedTensorMap, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { registerGradientOnce, registerOnAllBackends, runKernel } from '../../kernel/registry';
import type { RoiAlignAttrs } from './geometry';
import { roiAlignGather, roiAlignGradGather } from './roi-align-gather';
import { roiAlignGradNative, roiAlignNative } from './roi-align-native';
import { roiAlignGradPortable, roiAlignPortable } from './roi-align-portable';

const ROI_ALIGN = 'RoiAlign';
export const ROI_ALIGN_GRAD = 'RoiAlignGrad';

interface GradInputs {
  readonly dy: Tensor4D;
  readonly rois: Tensor2D;
  readonly levels: Tensor1D;
}
interface GradAttrs extends RoiAlignAttrs {
  /** The map whose gradient is wanted. */
  readonly level: number;
}

/** Backends whose tensors lie in the host's memory. */
const onHost = () => ['wasm', 'cpu'].includes(tf.getBackend());

export function registerRoiAlign(): void {
  registerOnAllBackends<Tensor[], RoiAlignAttrs>(ROI_ALIGN, (inputs, attrs, { native }) => {
    const [rois, levels, ...features] = Object.values(inputs) as [Tensor2D, Tensor1D, ...Tensor4D[]];
    const channels = features[0]!.shape[3];
    if (rois.shape[0] === 0 || channels === 0) return tf.zeros([rois.shape[0], ...attrs.outputSize, channels]);
    if (native !== undefined) return roiAlignNative(native, rois, levels, features, attrs);
    return (onHost() ? roiAlignPortable : roiAlignGather)(rois, levels, features, attrs);
  });
  registerOnAllBackends<GradInputs, GradAttrs>(ROI_ALIGN_GRAD, ({ dy, rois, levels }, attrs, { native }) => {
    const { level } = attrs;
    if (dy.size === 0) return tf.zeros([...attrs.maps[level]!.shape]);
    if (native !== undefined) return roiAlignGradNative(native, dy, rois, levels, attrs, level);
    return (onHost() ? roiAlignGradPortable : roiAlignGradGather)(dy, rois, levels, attrs, level);
  });
  registerGradientOnce({
    kernelName: ROI_ALIGN,
    // RoIs and levels by their place in the list; of the maps only the shapes are needed, so they need not be kept.
    inputsToSave: ['0', '1'],
    gradFunc: ((dy: Tensor4D, saved: Tensor[], rawAttrs: unknown) => {
      const [rois, levels] = saved as [Tensor2D, Tensor1D];
      const attrs = rawAttrs as RoiAlignAttrs;
      // The corners are taken as constants, as everywhere in the field.
      const gradients: Record<string, () => Tensor> = { 0: () => tf.zerosLike(rois), 1: () => tf.zerosLike(levels) };
      attrs.maps.forEach((_, level) => {
        gradients[level + 2] = () => runKernel('roiAlign', ROI_ALIGN_GRAD, { dy, rois, levels }, { ...attrs, level });
      });
      return gradients;
    }) as GradFunc,
  });
}

export function runRoiAlign(
  rois: Tensor2D,
  levels: Tensor1D,
  features: readonly Tensor4D[],
  attrs: RoiAlignAttrs,
): Tensor4D {
  return runKernel('roiAlign', ROI_ALIGN, [rois, levels, ...features] as unknown as NamedTensorMap, attrs);
}
