/**
 * A head: the layers between a backbone's features and a network's outputs, described once. The description is all it takes to run it on
 * tensors (`runHead`) or compiled (`compileHead`), and to know and begin its weights (`headShapes`, `initHead`).
 *
 * Letters: N images or regions, H x W map, K side of a kernel.
 */

/** What all layers have. */
interface Layer<Output extends string> {
  /** Of the weight, without `.weight`. */
  readonly name: string;
  /** Of what goes in, those of a joining output included; H W C where a linear layer sees a map. */
  readonly inChannels: number;
  readonly outChannels: number;
  /** ReLU behind it; none. */
  readonly relu?: boolean;
  /**
   * The result is the head's output of this name, and the next layer sees what this one has seen; without it the next layer sees the
   * result.
   */
  readonly output?: Output;
  /** An output of a layer before, whose channels go in behind the others. */
  readonly joins?: Output;
  /** Deviation of the normal distribution that first weights are drawn from; otherwise they are as `initHead` says. */
  readonly deviation?: number;
}

interface MapLayer<Output extends string> extends Layer<Output> {
  /** Name of the batch norm behind it; without one there is a bias, `<name>.bias`. */
  readonly norm?: string;
}

/** A convolution that keeps the map's size. Weight [K, K, in, out], K odd. */
export interface HeadConv<Output extends string = string> extends MapLayer<Output> {
  readonly kind: 'conv';
  readonly size: number;
}

/** A transposed convolution of stride 2 that doubles the map. Weight [K, K, out, in]. */
export interface HeadDeconv<Output extends string = string> extends MapLayer<Output> {
  readonly kind: 'deconv';
  readonly size: 2 | 3 | 4;
}

/** A linear layer on vectors, or on a map's values in the order row, column, channel. Weight [in, out], and a bias. */
export interface HeadLinear<Output extends string = string> extends Layer<Output> {
  readonly kind: 'linear';
}

export type HeadLayer<Output extends string = string> = HeadConv<Output> | HeadDeconv<Output> | HeadLinear<Output>;

/** Layers in forward order. */
export type HeadPlan<Output extends string = string> = readonly HeadLayer<Output>[];

/** What a head is computed with. */
export interface HeadInterpreter<T> {
  /** A layer with its norm or bias, and ReLU. */
  layer(x: T, layer: HeadLayer): T;
  /** The channels of an output behind those of x. */
  join(x: T, output: T): T;
}

/** The order of a head's computation, told once for all interpreters. @returns outputs by name, in the plan's order. */
export function walkHead<T, Output extends string>(
  plan: HeadPlan<Output>,
  x: T,
  interpreter: HeadInterpreter<T>,
): Record<Output, T> {
  const outputs = {} as Record<Output, T>;
  let seen = x;
  for (const layer of plan) {
    if (layer.joins !== undefined) seen = interpreter.join(seen, outputs[layer.joins]);
    const result = interpreter.layer(seen, layer);
    if (layer.output === undefined) seen = result;
    else outputs[layer.output] = result;
  }
  return outputs;
}
