import { adamUpdate } from '@icconv/tensor-ops';
import { makeOptimizer, nonNegative, share } from './optimizer';
import type { Optimizer, ParameterOptions } from './types';

export interface AdamOptions extends ParameterOptions {
  /** Decay of the running means of gradient and squared gradient. @defaultValue `[0.9, 0.999]` */
  readonly betas?: readonly [number, number];
  /** @defaultValue `1e-8` */
  readonly epsilon?: number;
}

/** Adam as torch.optim.Adam: decay is added to the gradient. */
export const adam = (options: AdamOptions = {}): Optimizer => make('adam', false, options);

/** AdamW as torch.optim.AdamW: decay acts on the weights, by learning rate times decay. @defaultValue weightDecay `0.01` */
export const adamW = (options: AdamOptions = {}): Optimizer => make('adamw', true, { weightDecay: 0.01, ...options });

function make(kind: string, decoupled: boolean, options: AdamOptions): Optimizer {
  const { betas = [0.9, 0.999], epsilon = 1e-8 } = options;
  const [beta1, beta2] = betas;
  share(kind, 'betas[0]', beta1);
  share(kind, 'betas[1]', beta2);
  nonNegative(kind, 'epsilon', epsilon);
  return makeOptimizer(kind, ['mean', 'square'], options, ({ parameters, gradients, buffers, ...rest }) => {
    const [means, squares] = buffers as [typeof parameters, typeof parameters];
    const settings = { ...rest, beta1, beta2, epsilon, decoupled };
    const result = adamUpdate(parameters, gradients, means, squares, settings);
    return { parameters: result.parameters, buffers: [result.means, result.squares] };
  });
}
