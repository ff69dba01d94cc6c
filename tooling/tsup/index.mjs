// The one build preset: ESM and CJS with declarations, everything that is not ours stays external.
import { defineConfig } from 'tsup';

/** @param {Record<string, string>} entry output name to source file
 *  @param {import('tsup').Options} [overrides] */
export const preset = (entry, overrides = {}) =>
  defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'neutral',
    dts: true,
    sourcemap: true,
    clean: true,
    splitting: true,
    removeNodeProtocol: false,
    skipNodeModulesBundle: true,
    ...overrides,
  });
