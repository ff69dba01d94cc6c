import { InvalidArgumentError, sgdUpdate } from '@icconv/tensor-ops';
import { makeOptimizer, share } from './optimizer';
import type { Optimizer, ParameterOptions } from './types';

export interface SgdOptions extends ParameterOptions {
  /** @defaultValue `0` */
  readonly momentum?: number;
  /** Needs momentum. @defaultValue `false` */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent as torch.optim.SGD with dampening 0: decay is added to the gradient, the momentum buffer holds gradients
 * and not steps, so that a new learning rate acts at once.
 *
 * @example
 * ```ts
 * const optimizer = sgd({ momentum: 0.9, weightDecay: 1e-4 });
 * optimizer.update(weights, gradients, { learningRate: 0.02 });
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false } = options;
  share('sgd', 'momentum', momentum);
  if (nesterov && momentum === 0) throw new InvalidArgumentError('sgd', 'momentum', momentum, 'above 0 with nesterov');
  const names = momentum === 0 ? [] : ['momentum'];
  return makeOptimizer('sgd', names, options, ({ parameters, gradients, buffers, ...rest }) => {
    const result = sgdUpdate(parameters, gradients, buffers[0], { ...rest, momentum, nesterov });
    return { parameters: result.parameters, buffers: buffers.length === 0 ? [] : [result.momenta] };
  });
}
