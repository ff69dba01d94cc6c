/** An ONNX graph in the making: nodes over values, and the numbers they hold. */

/** An input, a constant or the result of a node. Its name may change until the graph is written. */
export interface Value {
  name: string;
}

/** Integers, one integer, one float, or a text. */
export type Attribute = number | readonly number[] | { readonly float: number } | string;

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
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
  /** `float32`. */
  readonly type?: 'float32' | 'int64';
}

/** Stands where an operator's input is left out. */
export const ABSENT: Value = { name: '' };

export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  private readonly named = new Map<string, Value>();

  input(name: string): Value {
    return this.keep({ name });
  }

  /** Gives a result the name of the model's output; whatever has that name gets another. */
  output(name: string, value: Value): Value {
    const other = this.named.get(name);
    if (other !== undefined && other !== value) this.keep(other);
    value.name = name;
    this.named.set(name, value);
    return value;
  }

  /** @param name - of the node, which is also its result's unless that becomes an output; a number is added where it is taken. */
  node(
    op: string,
    name: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    return this.nodeOf(1, op, name, inputs, attributes)[0]!;
  }

  /** A node with so many results. */
  nodeOf(
    results: number,
    op: string,
    name: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const outputs = Array.from({ length: results }, () => this.keep({ name }));
    this.nodes.push({ name: outputs[0]!.name, op, inputs, outputs, attributes });
    return outputs;
  }

  constant(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): Value {
    const initializer = this.keep({ name, shape, data });
    this.initializers.push(initializer);
    return initializer;
  }

  /** Picks places of an axis, in the order given. */
  gather(name: string, x: Value, places: readonly number[], axis: number): Value {
    const indices = this.constant(`${name}.indices`, [places.length], BigInt64Array.from(places.map(BigInt)));
    return this.node('Gather', name, [x, indices], { axis });
  }

  /** The value by its name, or by one with a number where that is taken. */
  private keep<T extends Value>(value: T): T {
    const { name } = value;
    for (let i = 1; this.named.has(value.name); i++) value.name = `${name}#${i}`;
    this.named.set(value.name, value);
    return value;
  }
}
