/** The examples of the pages run; what they read is made here, as the example packages make it. */
import { cpSync } from 'node:fs';
import * as digits from '@icconv/example-digits';
import * as figures from '@icconv/example-figures';
import { registerKernels } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { activator } from '@icconv/test-utils';
import { describeReadme, type ReadmeOptions } from '@icconv/test-utils/readme';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';

const activate = activator({ useEngine, registerKernels });

const IN_BROWSERS = { skip: 'is for a page: run by examples/playground/test/guide.test.ts' };

const PAGES: Readonly<Record<string, ReadmeOptions['examples']>> = {
  'README.md': ['run'],
  'docs/browser.md': [IN_BROWSERS, IN_BROWSERS, IN_BROWSERS, IN_BROWSERS],
  'docs/detect.md': ['run', 'run', 'run'],
  'docs/errors.md': ['run'],
  'docs/machines.md': ['run'],
  'docs/pose.md': ['run'],
  'docs/search.md': ['run', 'run'],
  'docs/weights.md': ['run', { skip: 'reads a published inception checkpoint, which has no address' }, 'run'],
};

for (const [page, examples] of Object.entries(PAGES)) {
  describeReadme(new URL(`../../${page}`, import.meta.url), {
    examples,
    load: (name) => import(name),
    native: () => activate('native'),
    prepare: async () => {
      for (const example of ['digits', 'figures']) {
        const model = `examples/${example}/model`;
        cpSync(new URL(`../../${model}`, import.meta.url), model, { recursive: true });
      }
      const { data, width, height } = digits.scene(10_001, { split: 'test' });
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile('scene.png');
      const drawn = figures.paintScene(figures.scene(10_003, 'test'));
      await sharp(Buffer.from(drawn)).png().toFile('figures.png');
      const weights = { 'conv1.weight': tf.ones([7, 7, 3, 64]) };
      for (const file of ['resnet50.pth', 'model.safetensors']) await saveStateDict(weights, file);
      tf.dispose(weights);
    },
  });
}
