/** Networks for other runtimes: whole models, and the parts that larger ones are made of. */
export type { BatchNormChoice } from './conv';
export { type ExportOnnxOptions, exportOnnx } from './export-onnx';
export { onnxFpn } from './fpn';
export {
  type Attribute,
  type Dimension,
  type Initializer,
  OnnxGraph,
  type OnnxNode,
  type OnnxPort,
  type Value,
} from './graph';
export { onnxHead } from './head';
export { onnxResNet } from './resnet';
export { writeOnnx } from './write-onnx';
