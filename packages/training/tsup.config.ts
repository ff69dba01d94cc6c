import { preset } from '@icconv/tsup-preset';

export default preset(
  { index: 'src/index.ts', node: 'src/node.ts', 'decode-worker': 'src/loader/decode-worker.ts' },
  // The CommonJS build finds its worker by `import.meta.url` too.
  { shims: true },
);
