/** The examples of docs/browser.md, bundled with the plugin that the page shows and run in a browser. Skipped where there is no Chromium. */
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { exampleModule, examplesOf } from '@icconv/test-utils/readme-examples';
import { defaultClientConditions, type Plugin } from 'vite';
import { afterAll, describe, expect, test } from 'vitest';
import { buildAndServe, findChromium, launch, SOFTWARE_GPU } from './browser';

const ROOT = join(import.meta.dirname, '..');
const GUIDE = join(ROOT, '../../docs/browser.md');
const DIGITS = join(ROOT, '../digits/model');
const CHROMIUM = findChromium();
const PATIENCE = 600_000;

/** What the page tells the test. */
interface Told {
  readonly done?: boolean;
  readonly error?: string;
  readonly backend?: string;
}

describe.skipIf(CHROMIUM === undefined)('docs/browser.md', () => {
  let folder: string;
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test(
    'the examples run',
    async () => {
      const examples = examplesOf(await readFile(GUIDE, 'utf8'));
      expect(examples).toHaveLength(4);
      // Within the package, where its dependencies are found.
      folder = await mkdtemp(join(ROOT, 'node_modules/.guide-'));
      await prepare(folder, exampleModule(examples.slice(0, 3)).code);
      const served = await buildAndServe({
        ...{ root: folder, configFile: false, outDir: join(folder, 'dist') },
        resolve: { conditions: ['icconv-source', ...defaultClientConditions] },
        plugins: [pluginOf(examples[3]!.code)],
        build: { target: 'es2022' },
        preview: {
          headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
        },
      });
      const browser = await launch(CHROMIUM!, SOFTWARE_GPU);
      try {
        const page = await browser.newPage();
        const printed: string[] = [];
        page.on('console', (message) => message.type() === 'log' && printed.push(message.text()));
        await page.goto(served.url);
        const told = await page.waitForFunction(() => (window as { told?: Told }).told, undefined, {
          timeout: PATIENCE,
        });
        expect(await told.jsonValue()).toEqual({ done: true, backend: 'wasm' });
        // A line a digit; of the second network's weights, the bytes at last, as this server compresses.
        expect(printed.filter((line) => /^\d 0\.\d+ \[/.test(line)).length).toBeGreaterThan(2);
        expect(printed.at(-1)).toBe(String((await stat(join(DIGITS, 'model.safetensors'))).size));
        expect(await page.locator('img + svg rect').count()).toBeGreaterThan(2);
        // The plugin kept the threads.
        expect(page.workers().length).toBeGreaterThan(0);
      } finally {
        await browser.close();
        await served.close();
      }
    },
    PATIENCE,
  );
});

/** A page with a picture, which runs the examples; their networks, with inputs small enough for a GPU made of software. */
async function prepare(folder: string, code: string): Promise<void> {
  const models = join(folder, 'public/models');
  const wasm = join(folder, 'public/wasm');
  for (const name of [join(models, 'digits'), wasm]) await mkdir(name, { recursive: true });
  const model = JSON.parse(await readFile(join(DIGITS, 'model.json'), 'utf8'));
  Object.assign(model.config.input, { minSize: 160, maxSize: 160 });
  for (const name of ['digits/model.json', 'cells.json']) await writeFile(join(models, name), JSON.stringify(model));
  for (const name of ['digits/model.safetensors', 'cells.safetensors'])
    await cp(join(DIGITS, 'model.safetensors'), join(models, name));
  const backend = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  for (const kind of ['', '-simd', '-threaded-simd']) {
    const name = `tfjs-backend-wasm${kind}.wasm`;
    await cp(join(backend, name), join(wasm, name));
  }
  await import('../scripts/assets');
  await cp(join(ROOT, 'public/samples/detection-10001.png'), join(folder, 'public/scene.png'));
  await writeFile(join(folder, 'examples.ts'), code);
  await writeFile(
    join(folder, 'main.ts'),
    `import * as tf from '@tensorflow/tfjs-core';
import { examples } from './examples';

const run = async () => {
  await document.querySelector('img')!.decode();
  await examples(() => {});
  tf.dispose(tf.matMul(tf.ones([256, 256]), tf.ones([256, 256])));
  return { done: true, backend: tf.getBackend() };
};
run().catch((error) => ({ error: String(error) })).then((told) => Object.assign(window, { told }));
`,
  );
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><link rel="icon" href="data:," /><img src="/scene.png" /><script type="module" src="/main.ts"></script>',
  );
}

/** The plugin of the page, for which the text of the example is run here. */
function pluginOf(code: string): Plugin {
  const [, name] = /^const (\w+) = /.exec(code) ?? [];
  return new Function(`${code.replaceAll(': string', '')}\nreturn ${name};`)() as Plugin;
}
