import { preset } from '@icconv/tsup-preset';

export default preset({
  index: 'src/index.ts',
  layers: 'src/layers/index.ts',
  'receptive-field': 'src/receptive-field/index.ts',
});
