/** Detectors for other runtimes. */
export { type ExportDetectorOnnxOptions, exportDetectorOnnx } from './export-detector-onnx';
