import { preset } from '@icconv/tsup-preset';

export default preset({
  index: 'src/index.ts',
  registry: 'src/registry/index.ts',
  onnx: 'src/onnx/index.ts',
  files: 'src/files/index.ts',
});
