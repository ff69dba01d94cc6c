/**
 * Writes a graph as an ONNX model.
 *
 * Source: onnx/onnx, onnx/onnx.proto3; the numbers below are those of its fields. Operator set 17 came with IR version 8.
 */
import protobuf from 'google-protobuf';
import type { Attribute, Initializer, OnnxGraph, OnnxNode, OnnxPort } from './graph';

type Writer = protobuf.BinaryWriter;

const IR_VERSION = 8;
const OPSET = 17;
// TensorProto.DataType
const FLOAT = 1;
const INT64 = 7;
// AttributeProto.AttributeType
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_INTS = 7;

/**
 * The file's bytes.
 *
 * @param name - of the graph. @param metadata - texts that travel with the model, by name.
 */
export function writeOnnx(
  graph: OnnxGraph,
  name: string,
  inputs: readonly OnnxPort[],
  outputs: readonly OnnxPort[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const model = new protobuf.BinaryWriter();
  model.writeInt64(1, IR_VERSION);
  model.writeString(2, '@icconv/models');
  model.writeMessage(7, graph, (_, writer) => {
    for (const node of graph.nodes) writer.writeMessage(1, node, writeNode);
    writer.writeString(2, name);
    for (const initializer of graph.initializers) writer.writeMessage(5, initializer, writeTensor);
    for (const input of inputs) writer.writeMessage(11, input, writePort);
    for (const output of outputs) writer.writeMessage(12, output, writePort);
  });
  model.writeMessage(8, {}, (_, opset) => opset.writeInt64(2, OPSET));
  for (const entry of Object.entries(metadata)) {
    model.writeMessage(14, entry, ([key, value], writer) => {
      writer.writeString(1, key);
      writer.writeString(2, value);
    });
  }
  return model.getResultBuffer();
}

function writeNode({ name, op, inputs, outputs, attributes }: OnnxNode, writer: Writer): void {
  for (const input of inputs) writer.writeString(1, input.name);
  for (const output of outputs) writer.writeString(2, output.name);
  writer.writeString(3, name);
  writer.writeString(4, op);
  for (const entry of Object.entries(attributes)) writer.writeMessage(5, entry, writeAttribute);
}

function writeAttribute([name, value]: [string, Attribute], writer: Writer): void {
  writer.writeString(1, name);
  if (typeof value === 'number') {
    writer.writeInt64(3, value);
    writer.writeEnum(20, ATTRIBUTE_INT);
  } else if (typeof value === 'string') {
    writer.writeBytes(4, new TextEncoder().encode(value));
    writer.writeEnum(20, ATTRIBUTE_STRING);
  } else if ('float' in value) {
    writer.writeFloat(2, value.float);
    writer.writeEnum(20, ATTRIBUTE_FLOAT);
  } else {
    writer.writePackedInt64(8, [...value]);
    writer.writeEnum(20, ATTRIBUTE_INTS);
  }
}

function writeTensor({ name, shape, data }: Initializer, writer: Writer): void {
  writer.writePackedInt64(1, [...shape]);
  writer.writeInt32(2, data instanceof Float32Array ? FLOAT : INT64);
  writer.writeString(8, name);
  // Little-endian, as every machine that runs this.
  writer.writeBytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writePort({ value, shape, type: kind }: OnnxPort, writer: Writer): void {
  writer.writeString(1, value.name);
  writer.writeMessage(2, shape, (dimensions, type) => {
    type.writeMessage(1, dimensions, (_, tensor) => {
      tensor.writeInt32(1, kind === 'int64' ? INT64 : FLOAT);
      tensor.writeMessage(2, dimensions, (_all, list) => {
        for (const dimension of dimensions) {
          list.writeMessage(1, dimension, (length, entry) => {
            if (typeof length === 'number') entry.writeInt64(1, length);
            else entry.writeString(2, length);
          });
        }
      });
    });
  });
}
