import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['{packages,tooling,examples}/*/vitest.config.ts', 'docs/vitest.config.ts'],
    maxWorkers: 2,
  },
});
