// The one build preset: ESM and CJS with declarations, everything that is not ours stays external.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

// tfjs-core's declarations name the global type `Long` without saying whence: strict projects could not compile what imports them.
// The last line keeps a file that exports nothing a module, which a file of comments is not.
const LONG = { banner: '/// <reference types="long" />', footer: 'export {};' };

/** @param {Record<string, string>} entry output name to source file
 *  @param {import('tsup').Options} [overrides] */
export const preset = (entry, overrides = {}) => {
  const { dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'neutral',
    dts: { ...('@types/long' in dependencies && LONG), compilerOptions: { customConditions: [] } },
    sourcemap: true,
    clean: true,
    splitting: true,
    removeNodeProtocol: false,
    skipNodeModulesBundle: true,
    ...overrides,
  });
};
