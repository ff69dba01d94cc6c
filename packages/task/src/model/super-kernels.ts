import type { ResNetConfig } from '@icconv/models';

/** Whether a search has something to choose from: convolutions with super-kernels, as `model.super` of a training makes them. */
export const hasSuperKernels = ({ conv }: ResNetConfig): boolean =>
  [conv].flat().some((choice) => choice?.kind === 'super');
