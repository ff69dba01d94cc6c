import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

/**
 * TensorFlow.js' wasm backend starts its threads from the text of one of its functions, which asks whether `_scriptDir`, declared outside of that
 * text, is there at all. A minifier knows that it is and leaves the question out, and in the thread the name is missing. As a property it may be.
 */
const threadsOfWasm: Plugin = {
  name: 'threads-of-wasm',
  apply: 'build',
  transform(code, id) {
    if (!id.includes('tfjs-backend-wasm-threaded-simd.js')) return null;
    return code.replace(/var _scriptDir = .*;/, '').replaceAll('_scriptDir', 'globalThis._scriptDir');
  },
};

/** Pages that are isolated from other origins have threads. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  // Served from any folder, and from none: the bundle names its files relative to itself.
  base: './',
  // The packages' sources: no build comes before.
  resolve: { conditions: ['icconv-source', ...defaultClientConditions] },
  // TensorFlow.js' backends are loaded when they are chosen.
  build: { target: 'es2022', chunkSizeWarningLimit: 1500 },
  plugins: [threadsOfWasm],
  server: { headers },
  preview: { headers },
});
