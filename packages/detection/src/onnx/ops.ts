/** Arithmetic on a graph's values, by the names of ONNX's operators. Numbers stand for constants: floats, or integers where said. */
import type { Attribute, OnnxGraph, Value } from '@icconv/models/onnx';

/** A value, or a float of which it is made. */
export type Operand = Value | number;

/** A length that the graph finds out (int64 [1]), or one that is known. */
export type Length = Value | number;

// TensorProto.DataType
const TYPES = { float: 1, int64: 7 } as const;

export class Ops {
  private readonly constants = new Map<string, Value>();

  /** @param scope - of the names of the nodes. */
  constructor(
    readonly graph: OnnxGraph,
    private readonly scope: string,
  ) {}

  run(op: string, inputs: readonly Operand[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.graph.node(op, `${this.scope}/${op}`, inputs.map(this.valueOf), attributes);
  }

  floats(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.once(`floats ${shape}: ${values}`, () =>
      this.graph.constant(`${this.scope}/floats`, shape, Float32Array.from(values)),
    );
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.once(`ints ${shape}: ${values}`, () =>
      this.graph.constant(`${this.scope}/ints`, shape, BigInt64Array.from(values, BigInt)),
    );
  }

  int(value: number): Value {
    return this.ints([value], []);
  }

  add = (a: Operand, b: Operand) => this.run('Add', [a, b]);
  sub = (a: Operand, b: Operand) => this.run('Sub', [a, b]);
  mul = (a: Operand, b: Operand) => this.run('Mul', [a, b]);
  div = (a: Operand, b: Operand) => this.run('Div', [a, b]);
  min = (a: Operand, b: Operand) => this.run('Min', [a, b]);
  where = (condition: Value, a: Operand, b: Operand) => this.run('Where', [condition, a, b]);
  concat = (parts: readonly Value[], axis: number) =>
    parts.length === 1 ? parts[0]! : this.run('Concat', parts, { axis });
  gather = (x: Value, indices: Value, axis = 0) => this.run('Gather', [x, indices], { axis });
  cast = (x: Value, type: keyof typeof TYPES) => this.run('Cast', [x], { to: TYPES[type] });
  transpose = (x: Value, perm: readonly number[]) => this.run('Transpose', [x], { perm });
  softmax = (x: Value) => this.run('Softmax', [x], { axis: -1 });
  unsqueeze = (x: Value, ...axes: number[]) => this.run('Unsqueeze', [x, this.ints(axes)]);

  /** Lengths of the axes from `start` to before `end`, int64. */
  shape(x: Value, start: number, end: number): Value {
    return this.run('Shape', [x], { start, end });
  }

  /** Length of an axis, int64 []. */
  length(x: Value, axis: number): Value {
    return this.run('Squeeze', [this.shape(x, axis, axis + 1)]);
  }

  /** A shape as a vector. */
  lengths(parts: readonly Length[]): Value {
    if (parts.every((part) => typeof part === 'number')) return this.ints(parts);
    return this.concat(
      parts.map((part) => (typeof part === 'number' ? this.ints([part]) : part)),
      0,
    );
  }

  /** A length 0 is that of the axis before, -1 what is left. */
  reshape(x: Value, to: readonly Length[]): Value {
    return this.run('Reshape', [x, this.lengths(to)]);
  }

  expand(x: Operand, to: Value): Value {
    return this.run('Expand', [x, to]);
  }

  slice(x: Value, axis: number, start: number, end: number): Value {
    return this.run('Slice', [x, this.ints([start]), this.ints([end]), this.ints([axis])]);
  }

  /** 0, 1, ... before the limit, which is int64 []. */
  range(limit: Value): Value {
    return this.run('Range', [this.int(0), limit, this.int(1)]);
  }

  /** Equal parts along the last axis. */
  split(x: Value, count: number): Value[] {
    return this.graph.nodeOf(count, 'Split', `${this.scope}/Split`, [x], { axis: -1 });
  }

  /**
   * The largest of the last axis, descending; of equal ones the first.
   *
   * @param limit - how many at most.
   */
  top(x: Value, limit: number): { readonly values: Value; readonly indices: Value } {
    const count = this.run('Min', [this.ints([limit]), this.shape(x, 1, 2)]);
    const [values, indices] = this.graph.nodeOf(2, 'TopK', `${this.scope}/TopK`, [x, count], { axis: -1 });
    return { values: values!, indices: indices! };
  }

  /** From x [N, K, ...] those of each row that indices [N, k] name: [N, k, ...]. */
  pick(x: Value, indices: Value): Value {
    return this.run('GatherND', [x, this.unsqueeze(indices, -1)], { batch_dims: 1 });
  }

  /** Where a condition [K] holds, int64. */
  places(condition: Value): Value {
    return this.run('Squeeze', [this.run('NonZero', [condition]), this.ints([0])]);
  }

  /** Rows put at places [K] of a tensor that holds `rest` elsewhere. @param to - the tensor's shape. */
  spread(rows: Value, places: Value, to: Value, rest: number): Value {
    return this.run('ScatterND', [this.expand(rest, to), this.unsqueeze(places, 1), rows]);
  }

  private readonly valueOf = (operand: Operand): Value =>
    typeof operand === 'number' ? this.floats([operand], []) : operand;

  private once(key: string, make: () => Value): Value {
    const known = this.constants.get(key) ?? make();
    this.constants.set(key, known);
    return known;
  }
}
