import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'tooling/*/vitest.config.ts', 'examples/*/vitest.config.ts'],
    maxWorkers: 2,
  },
});
