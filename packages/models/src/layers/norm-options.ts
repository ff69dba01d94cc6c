import { InvalidArgumentError } from '@icconv/tensor-ops';
import { BATCH_NORM_MOMENTUM } from './batch-norm';

/** How the batch norms of a network behave; what is left out takes the value named. */
export interface NormOptions {
  /**
   * Which batch norms take the statistics of the batch: all, none, or those that the function is true for, called with their names
   * (`layer1.0.bn2`, `layer1.0.downsample.1`); the others are frozen. false.
   */
  readonly training?: boolean | ((norm: string) => boolean);
  /** Share of the batch in the new running statistics, in (0, 1]; 0.1, as in PyTorch. */
  readonly momentum?: number;
}

/** @throws {@link InvalidArgumentError} */
export function checkBatchNorm(
  op: string,
  { training = false, momentum = BATCH_NORM_MOMENTUM }: NormOptions,
): { readonly trains: (norm: string) => boolean; readonly momentum: number } {
  if (!(momentum > 0 && momentum <= 1)) throw new InvalidArgumentError(op, 'momentum', momentum, 'in (0, 1]');
  return { trains: typeof training === 'function' ? training : () => training, momentum };
}
