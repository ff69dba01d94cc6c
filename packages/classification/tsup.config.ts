import { preset } from '@icconv/tsup-preset';

export default preset(
  { index: 'src/index.ts', node: 'src/node.ts', 'hosted-classifier': 'src/api/hosted-classifier.ts' },
  // The CommonJS build finds the module of its child process by `import.meta.url` too.
  { shims: true },
);
