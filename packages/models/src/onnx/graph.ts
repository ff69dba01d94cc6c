/** An ONNX graph in the making: nodes over values, and the numbers they hold. */

/** The result of a node. Its name may be set until the graph is written. */
export interface Value {
  name: string;
}

/** Integers, or one integer. */
export type Attribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Initializer extends Value {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** A number, or the name of a length that the caller chooses. */
export type Dimension = number | string;

export interface OnnxPort {
  readonly value: Value;
  readonly shape: readonly Dimension[];
}

export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];

  /** @param name - of the node, which is also its result's unless that is renamed. */
  node(
    op: string,
    name: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const output: Value = { name };
    this.nodes.push({ name, op, inputs, output, attributes });
    return output;
  }

  constant(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): Value {
    const initializer = { name, shape, data };
    this.initializers.push(initializer);
    return initializer;
  }

  /** Picks places of an axis, in the order given. */
  gather(name: string, x: Value, places: readonly number[], axis: number): Value {
    const indices = this.constant(`${name}.indices`, [places.length], BigInt64Array.from(places.map(BigInt)));
    return this.node('Gather', name, [x, indices], { axis });
  }
}
