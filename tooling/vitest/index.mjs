// The one test preset. Tests read the sources of sibling packages (condition `icconv-source`), so no build is needed.
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['icconv-source', ...defaultServerConditions];

export const preset = (test = {}) =>
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      // TensorFlow owns one process: forks keep one engine a file, or a package where it says `isolate: false`. There imports, half of a small
      // file's time, are read once.
      pool: 'forks',
      maxWorkers: 2,
      // What is printed is compared as text; CI=true alone would turn colors on.
      env: { NO_COLOR: '1' },
      testTimeout: 60_000,
      hookTimeout: 120_000,
      setupFiles: [new URL('./fast-check-setup.mjs', import.meta.url).pathname],
      ...test,
    },
  });
