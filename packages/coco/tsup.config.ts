import { preset } from '@icconv/tsup-preset';

export default preset(
  {
    index: 'src/index.ts',
    convert: 'src/convert/index.ts',
    node: 'src/node/index.ts',
    'evaluate-worker': 'src/node/evaluate-worker.ts',
    report: 'src/report/index.ts',
  },
  // The CommonJS build finds its worker by `import.meta.url` too.
  { shims: true },
);
