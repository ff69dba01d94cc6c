import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  // Served from any folder, and from none: the bundle names its files relative to itself.
  base: './',
  // The packages' sources: no build comes before.
  resolve: { conditions: ['icconv-source', ...defaultClientConditions] },
  // TensorFlow.js' backends are loaded when they are chosen.
  build: { target: 'es2022', chunkSizeWarningLimit: 1500 },
});
