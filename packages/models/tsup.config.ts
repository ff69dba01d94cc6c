import { preset } from '@icconv/tsup-preset';

export default preset({
  index: 'src/index.ts',
  onnx: 'src/onnx/index.ts',
  files: 'src/files/index.ts',
  schema: 'src/schema/index.ts',
});
