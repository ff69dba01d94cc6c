import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Tensors by name: a model's weights by their PyTorch names, in TensorFlow's layouts (filters [K, K, in/groups, out], linear layers [in, out],
 * float32), or what goes by the same names, as gradients and buffers do. Whoever does not change it takes a `Readonly<StateDict>`.
 */
export type StateDict = Record<string, Tensor>;
