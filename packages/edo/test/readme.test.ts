import { initResNet, resnetConfig } from '@icconv/models';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { describeReadme } from '@icconv/test-utils/readme';
import * as tf from '@tensorflow/tfjs-core';
import { superConfig } from '../src/index';
import { activate } from './support/activate';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  native: () => activate('native'),
  examples: ['run', 'run', 'run'],
  prepare: async () => {
    const weights = initResNet(superConfig(resnetConfig(18, { width: 16 }), { maxDilation: 4 }), { seed: 1 });
    await saveStateDict(weights, 'super.safetensors');
    tf.dispose(weights);
  },
});
