import { preset } from '@icconv/tsup-preset';

export default preset(
  {
    index: 'src/index.ts',
    contract: 'src/contract/index.ts',
    web: 'src/web/index.ts',
    'process-host': 'src/process/host.ts',
  },
  // The CommonJS build finds its child process by `import.meta.url` too.
  { platform: 'node', shims: true },
);
