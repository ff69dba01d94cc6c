/** Inception convolution as a layer of tf.layers: what `tf.layers.conv2d` is to a plain convolution. */
import {
  type ConvActivation,
  InvalidArgumentError,
  inceptionConv2d,
  type Pair,
  registerKernels,
  ShapeMismatchError,
} from '@icconv/tensor-ops';
import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PatternFormatError } from '../errors/pattern-format-error';
import { type Dilation, MAX_DILATION, validatePattern } from '../pattern/dilation-pattern';
import { type Constraint, type Initializer, type Part, partConfig, type Regularizer, resolvePart } from './parts';

type LayerArgs = NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]>;

/** Arguments of the layer, beside those of every layer (`inputShape`, `name`, ...); what is left out takes the value named. */
export interface InceptionConv2DLayerArgs extends LayerArgs {
  /** Number of output channels O. */
  filters: number;
  /** [height, width] for each output channel in any order, or for each group. */
  dilations: readonly Dilation[];
  /** Odd; 3. */
  kernelSize?: number;
  /** One number or [height, width]; 1. */
  strides?: number | Pair;
  /** 1. */
  groups?: number;
  /** `linear`; for others put a `tf.layers.activation` behind. */
  activation?: ConvActivation;
  /** `true`. */
  useBias?: boolean;
  /** He-normal by the whole layer's fan-out. */
  kernelInitializer?: Part<Initializer>;
  /** `zeros`. */
  biasInitializer?: Part<Initializer>;
  kernelRegularizer?: Part<Regularizer>;
  biasRegularizer?: Part<Regularizer>;
  kernelConstraint?: Part<Constraint>;
  biasConstraint?: Part<Constraint>;
}

const NAME = 'InceptionConv2D';

/**
 * Input float32 [N, H, W, C], output float32 [N, OH, OW, O] with OH = floor((H - 1)/stride) + 1, channels last.
 *
 * Weights: `kernel` [K, K, C/G, O] and `bias` [O]. Serialisable; trainable by `fit` on every backend.
 */
export class InceptionConv2D extends tfl.layers.Layer {
  static readonly className = NAME;

  private readonly filters: number;
  private readonly dilations: readonly Dilation[];
  private readonly kernelSize: number;
  private readonly strides: Pair;
  private readonly groups: number;
  private readonly activation: ConvActivation;
  private readonly useBias: boolean;
  private readonly parts: {
    readonly kernelInitializer: Initializer;
    readonly biasInitializer: Initializer;
    readonly kernelRegularizer: Regularizer | undefined;
    readonly biasRegularizer: Regularizer | undefined;
    readonly kernelConstraint: Constraint | undefined;
    readonly biasConstraint: Constraint | undefined;
  };
  private kernel: tfl.LayerVariable | undefined;
  private bias: tfl.LayerVariable | undefined;

  constructor(args: InceptionConv2DLayerArgs) {
    super(args);
    // A user of tf.layers need not know that the operator has kernels of its own.
    registerKernels();
    const { filters, dilations, kernelSize = 3, strides = 1, groups = 1, activation = 'linear', useBias = true } = args;
    for (const [name, value] of Object.entries({ filters, kernelSize, groups })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new InvalidArgumentError(NAME, name, value, 'a positive whole number');
      }
    }
    validatePattern({ maxDilation: MAX_DILATION, layers: [{ dilations }] }, { file: NAME });
    if (dilations.length !== filters && !(groups > 1 && dilations.length === groups)) {
      throw new PatternFormatError(
        { file: NAME },
        `${dilations.length} dilations for ${filters} filters in ${groups} group(s)`,
      );
    }
    this.filters = filters;
    this.dilations = dilations;
    this.kernelSize = kernelSize;
    this.strides = typeof strides === 'number' ? [strides, strides] : strides;
    this.groups = groups;
    this.activation = activation;
    this.useBias = useBias;
    const optional = <T extends tf.serialization.Serializable>(
      kind: 'regularizers' | 'constraints',
      name: string,
      part: Part<T> | undefined | null,
    ) => (part === undefined || part === null ? undefined : resolvePart(kind, name, part));
    const heNormal = () => tfl.initializers.varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'normal' });
    this.parts = {
      kernelInitializer: resolvePart('initializers', 'kernelInitializer', args.kernelInitializer ?? heNormal()),
      biasInitializer: resolvePart('initializers', 'biasInitializer', args.biasInitializer ?? 'zeros'),
      kernelRegularizer: optional<Regularizer>('regularizers', 'kernelRegularizer', args.kernelRegularizer),
      biasRegularizer: optional<Regularizer>('regularizers', 'biasRegularizer', args.biasRegularizer),
      kernelConstraint: optional<Constraint>('constraints', 'kernelConstraint', args.kernelConstraint),
      biasConstraint: optional<Constraint>('constraints', 'biasConstraint', args.biasConstraint),
    };
    this.inputSpec = [new tfl.InputSpec({ ndim: 4 })];
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = single(inputShape);
    const channels = shape[3] ?? 0;
    if (!Number.isSafeInteger(channels) || channels < 1 || channels % this.groups !== 0) {
      const expected = `[N, H, W, C] with C known and divisible by ${this.groups} group(s)`;
      throw new ShapeMismatchError(NAME, 'input', expected, shape as number[]);
    }
    const { parts, kernelSize, filters } = this;
    this.kernel = this.addWeight(
      'kernel',
      [kernelSize, kernelSize, channels / this.groups, filters],
      'float32',
      parts.kernelInitializer,
      parts.kernelRegularizer,
      true,
      parts.kernelConstraint,
    );
    if (this.useBias) {
      this.bias = this.addWeight(
        'bias',
        [filters],
        'float32',
        parts.biasInitializer,
        parts.biasRegularizer,
        true,
        parts.biasConstraint,
      );
    }
    this.inputSpec = [new tfl.InputSpec({ ndim: 4, axes: { 3: channels } })];
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    this.invokeCallHook(inputs, kwargs);
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    const { dilations, strides, groups, activation } = this;
    const bias = this.bias?.read() as tf.Tensor1D | undefined;
    return inceptionConv2d(x, this.kernel!.read() as tf.Tensor4D, {
      ...{ dilations, strides, groups, activation },
      ...(bias === undefined ? {} : { bias }),
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, height, width] = single(inputShape);
    const length = (size: number | null | undefined, stride: number) =>
      size === null || size === undefined ? null : Math.floor((size - 1) / stride) + 1;
    return [batch ?? null, length(height, this.strides[0]), length(width, this.strides[1]), this.filters];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { parts } = this;
    return {
      ...super.getConfig(),
      filters: this.filters,
      dilations: this.dilations.map((pair) => [...pair]),
      kernelSize: this.kernelSize,
      strides: [...this.strides],
      groups: this.groups,
      activation: this.activation,
      useBias: this.useBias,
      kernelInitializer: partConfig(parts.kernelInitializer),
      biasInitializer: partConfig(parts.biasInitializer),
      kernelRegularizer: partConfig(parts.kernelRegularizer),
      biasRegularizer: partConfig(parts.biasRegularizer),
      kernelConstraint: partConfig(parts.kernelConstraint),
      biasConstraint: partConfig(parts.biasConstraint),
    };
  }
}

function single(shape: tfl.Shape | tfl.Shape[]): tfl.Shape {
  return (Array.isArray(shape[0]) ? shape[0] : shape) as tfl.Shape;
}

/** Makes an {@link InceptionConv2D}, in the manner of `tf.layers.conv2d`. */
export function inceptionConv2dLayer(args: InceptionConv2DLayerArgs): InceptionConv2D {
  return new InceptionConv2D(args);
}
