import { VisionError } from '@icconv/tensor-ops';

/** A loss or the gradient is NaN or infinite. The weights are those before the step. */
export class NonFiniteLossError extends VisionError {
  static override readonly kind: string = 'NonFiniteLossError';

  /** Steps done before this one. */
  readonly step: number;
  readonly losses: Readonly<Record<string, number>>;
  /** Names of the samples of the batch. */
  readonly samples: readonly string[];

  constructor(step: number, what: string, losses: Readonly<Record<string, number>>, samples: readonly string[]) {
    const values = Object.entries(losses).map(([name, value]) => `${name} ${value}`);
    super(
      'ICCONV_NON_FINITE_LOSS',
      `${what} is not finite at step ${step} (${values.join(', ')}); samples: ${samples.join(', ') || 'none'}; ` +
        'look at these samples, or lower the learning rate, warm up longer, or clip gradients',
    );
    this.step = step;
    this.losses = losses;
    this.samples = samples;
  }
}

/** A checkpoint cannot be resumed from: it belongs to another model, optimizer or data order. */
export class CheckpointError extends VisionError {
  static override readonly kind: string = 'CheckpointError';

  readonly path: string;

  constructor(path: string, problem: string, options: { readonly cause?: unknown } = {}) {
    super('ICCONV_CHECKPOINT', `${path}: ${problem}`, options);
    this.path = path;
  }
}

/** Weights that nobody loaded would stay at their random start for the whole training. */
export class FrozenRandomWeightsError extends VisionError {
  static override readonly kind: string = 'FrozenRandomWeightsError';

  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
    super(
      'ICCONV_FROZEN_RANDOM',
      `frozen, but initialised at random: ${shown}; load pretrained weights, train them, or pass allowFrozenRandom: true`,
    );
    this.names = names;
  }
}

/** The backend computes no gradients: `@tensorflow/tfjs-core` registers none by itself. */
export class MissingGradientsError extends VisionError {
  static override readonly kind: string = 'MissingGradientsError';

  readonly backend: string;

  constructor(backend: string) {
    super(
      'ICCONV_MISSING_GRADIENTS',
      `training needs gradients, and backend "${backend}" has none; make the native engine current with useEngine() of ` +
        '@icconv/tensor-ops/engine (npx icconv setup provides it), or import @tensorflow/tfjs for its gradients',
    );
    this.backend = backend;
  }
}
