import { initialWeights } from '@icconv/test-utils/values';
import { type HeadPlan, headShapes } from '../../src/index';

export const conv = { kind: 'conv', size: 3 } as const;

/** Every kind of layer with all that it may have. */
export const HEADS: Readonly<Record<string, HeadPlan>> = {
  'two outputs of one trunk': [
    { ...conv, name: 'trunk', inChannels: 3, outChannels: 4, relu: true },
    { ...conv, name: 'a', size: 1, inChannels: 4, outChannels: 2, output: 'a' },
    { ...conv, name: 'b', inChannels: 4, outChannels: 5, relu: true, output: 'b' },
  ],
  'norms, then linear layers on the map': [
    { ...conv, name: 'conv', norm: 'bn', inChannels: 3, outChannels: 4, relu: true },
    { kind: 'linear', name: 'hidden', inChannels: 4 * 5 * 4, outChannels: 6, relu: true },
    { kind: 'linear', name: 'logits', inChannels: 6, outChannels: 2, output: 'logits' },
    { kind: 'linear', name: 'deltas', inChannels: 6, outChannels: 8, output: 'deltas' },
  ],
  'a linear layer alone': [{ kind: 'linear', name: 'fc', inChannels: 4 * 5 * 3, outChannels: 2, output: 'logits' }],
  'transposed convolutions with norms, an output that joins': [
    { kind: 'deconv', name: 'up4', norm: 'n4', size: 4, inChannels: 3, outChannels: 4, relu: true },
    { ...conv, name: 'coarse', size: 1, inChannels: 4, outChannels: 2, output: 'coarse' },
    { kind: 'deconv', name: 'up3', norm: 'n3', size: 3, inChannels: 6, outChannels: 3, relu: true, joins: 'coarse' },
    { ...conv, name: 'fine', size: 1, inChannels: 3, outChannels: 2, output: 'fine' },
  ],
  'as of masks: transposed convolutions with biases': [
    { ...conv, name: 'mask', inChannels: 3, outChannels: 4, relu: true },
    { kind: 'deconv', name: 'up2', size: 2, inChannels: 4, outChannels: 4, relu: true },
    { kind: 'deconv', name: 'up4', size: 4, inChannels: 4, outChannels: 2, output: 'masks' },
  ],
};
/** What is counted on every backend alike: with norms that do something. */
export const weightsOf = (plan: HeadPlan) => initialWeights(headShapes(plan));
