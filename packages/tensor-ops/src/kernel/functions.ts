/**
 * Functions of TensorFlow: ops that one call runs in TensorFlow's executor, on the devices where each has a kernel, without JavaScript between them.
 * A function is an op like others, by its name.
 */
import {
  type NativeAttr,
  type NativeOp,
  TF_ATTR_BOOL,
  TF_ATTR_FLOAT,
  TF_ATTR_INT,
  TF_ATTR_STRING,
} from './native-backend';

/** TensorFlow's own register of functions. */
export interface FunctionRegister {
  /** @param text - as `functionText` gives it. */
  addFunction(text: string): void;
  removeFunction(name: string): void;
}

let register: FunctionRegister | undefined;

/** Told by the engine when it has loaded. */
export function setFunctionRegister(loaded: FunctionRegister): void {
  register = loaded;
}

/** Undefined where no engine runs that has one. */
export const functionRegister = (): FunctionRegister | undefined => register;

/** A float32 tensor within a function: an argument's name, or {@link resultOf} a node. */
export type FunctionValue = string;

export interface FunctionNode extends NativeOp {
  /** Distinct; of letters, digits and `_.-/`, with a letter or digit first. TensorFlow's errors name it. */
  readonly name: string;
  readonly inputs: readonly FunctionValue[];
}

/** What a node gives. @param output - as the op's definition calls it. */
export const resultOf = ({ name }: FunctionNode, output: string): FunctionValue => `${name}:${output}:0`;

export interface FunctionDescription {
  readonly name: string;
  /** Small letters, digits and `_`. */
  readonly args: readonly string[];
  readonly nodes: readonly FunctionNode[];
  readonly results: readonly FunctionValue[];
}

/** A `FunctionDef` (tensorflow/core/framework/function.proto) in protobuf's text format; all its tensors are float32. */
export function functionText({ name, args, nodes, results }: FunctionDescription): string {
  const lines = [
    'signature {',
    `  name: ${quoted(name)}`,
    ...args.map((arg) => `  input_arg { name: ${quoted(arg)} type: DT_FLOAT }`),
    ...results.map((_, i) => `  output_arg { name: "y${i}" type: DT_FLOAT }`),
    '}',
  ];
  for (const node of nodes) {
    lines.push('node_def {', `  name: ${quoted(node.name)}`, `  op: ${quoted(node.op)}`);
    lines.push(...node.inputs.map((input) => `  input: ${quoted(input)}`));
    lines.push(...node.attrs.map((one) => `  attr { key: ${quoted(one.name)} value { ${valueText(one)} } }`), '}');
  }
  lines.push(...results.map((result, i) => `ret { key: "y${i}" value: ${quoted(result)} }`));
  return `${lines.join('\n')}\n`;
}

// Nothing of what stands in a function is other than ASCII, of which JSON and protobuf have the same escapes.
const quoted = (text: string) => JSON.stringify(text);

function valueText({ type, value }: NativeAttr): string {
  switch (type) {
    case TF_ATTR_STRING:
      return `s: ${quoted(value as string)}`;
    case TF_ATTR_INT:
      return Array.isArray(value) ? `list { ${value.map((each) => `i: ${each}`).join(' ')} }` : `i: ${value}`;
    case TF_ATTR_FLOAT:
      return `f: ${value}`;
    case TF_ATTR_BOOL:
      return `b: ${value}`;
    default:
      return `type: ${value}`;
  }
}
