import { preset } from '@icconv/tsup-preset';

export default [
  preset({ index: 'src/index.ts' }, { platform: 'node', shims: true }),
  preset({ bin: 'src/bin.ts' }, { platform: 'node', format: ['esm'], dts: false, clean: false }),
];
