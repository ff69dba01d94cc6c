/** Networks for other runtimes. */
export { type ExportOnnxOptions, exportOnnx } from './export-onnx';
