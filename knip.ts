import type { KnipConfig } from 'knip';

/** What nobody uses is not kept: files, exports, dependencies (`pnpm exec knip`). The entries of package.json's `exports` are used by definition. */
export default {
  workspaces: {
    '.': { entry: ['tooling/scripts/*.mjs'], project: ['*.ts', 'tooling/{scripts,bench}/**/*.mjs'] },
    'packages/*': {
      // Started by name, in threads and processes of their own.
      entry: ['src/**/*-worker.ts', 'src/**/hosted-*.ts', 'src/engine/tfjs-node-bundle.ts', 'bench/*.mjs'],
      project: ['**/*.{ts,mjs}'],
    },
    'tooling/checks': { ignore: ['test/broken-projects/**'] },
    'examples/*': {},
    // Imported by the examples of documents.
    docs: { ignoreDependencies: [/^@icconv\//, '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-layers'] },
  },
  // A type stands beside what has it in its signature, imported by name or not.
  ignoreExportsUsedInFile: { interface: true, type: true },
  ignoreDependencies: [
    // The declarations of tfjs-core name its global type (see tooling/tsup).
    '@types/long',
    // The declarations of configurations' schemas name its patterns.
    '@icconv/inception-conv',
    // Read as data.
    'mnist',
    // Run by their paths, or by documents that become components.
    'tsx',
    'typescript-newest',
    'typescript-oldest',
    'vue',
    '@yarnpkg/cli-dist',
    'yarn-classic',
  ],
  ignoreBinaries: ['ffmpeg', 'ip', 'mkfifo', 'prlimit'],
} satisfies KnipConfig;
