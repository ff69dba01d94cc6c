import { preset } from '@icconv/tsup-preset';

export default preset({
  index: 'src/index.ts',
  layers: 'src/layers/index.ts',
  report: 'src/report/index.ts',
  node: 'src/node/index.ts',
});
