import { preset } from '@icconv/tsup-preset';

export default preset(
  { index: 'src/index.ts', node: 'src/node.ts', web: 'src/web.ts', 'hosted-estimator': 'src/api/hosted-estimator.ts' },
  // The CommonJS build finds the module of its child process by `import.meta.url` too.
  { shims: true },
);
