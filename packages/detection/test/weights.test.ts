import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resnetConfig } from '@icconv/models';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { describeBackends, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fasterRcnnConfig } from '../src/config/presets';
import { fasterRcnnShapes, initFasterRcnn } from '../src/network/shapes';
import { loadDetectorWeights, saveDetectorWeights } from '../src/weights/detector-weights';
import { toTorchOrder } from '../src/weights/flatten-order';
import { detectorNames, styleOfNames } from '../src/weights/names';
import { activate } from './support/activate';

const base = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3 });
const config = { ...base, fpnChannels: 16, roi: { ...base.roi, hidden: 32 } };

describeBackends(
  'detector checkpoints',
  activate,
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'icconv-detector-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each(['detector.safetensors', 'detector.pth'])('%s: saved and loaded, the same', async (name) => {
      const weights = initFasterRcnn(config, { seed: 3 });
      const path = await saveDetectorWeights(join(folder, name), weights, config);
      const loaded = await loadDetectorWeights(path, config);
      expect(Object.keys(loaded).sort()).toEqual(Object.keys(fasterRcnnShapes(config)).sort());
      for (const [key, tensor] of Object.entries(weights)) {
        expect(maxAbsError(await loaded[key]!.data(), await tensor.data()), key).toBe(0);
      }
      tf.dispose([weights, loaded]);
    });

    it.each(['torchvision-v1', 'mmdetection', 'detectron2'] as const)('names of %s are recognised', async (style) => {
      const weights = initFasterRcnn(config, { seed: 4 });
      const names = detectorNames(config, style);
      const theirs = toTorchOrder(weights, config);
      const renamed = Object.fromEntries(Object.entries(theirs).map(([name, tensor]) => [names[name]!, tensor]));
      expect(styleOfNames(Object.keys(renamed))).toBe(style);
      const path = await saveStateDict(renamed, join(folder, `${style}.pth`), { container: 'state_dict' });
      const loaded = await loadDetectorWeights(path, config);
      for (const [key, tensor] of Object.entries(weights)) {
        expect(maxAbsError(await loaded[key]!.data(), await tensor.data()), key).toBe(0);
      }
      tf.dispose([weights, theirs, loaded]);
    });

    it('another number of classes is an error that names both shapes, or is skipped on demand', async () => {
      const weights = initFasterRcnn(config, { seed: 5 });
      const path = await saveDetectorWeights(join(folder, 'three.safetensors'), weights, config);
      const other = { ...config, classes: 7 };
      await expect(loadDetectorWeights(path, other)).rejects.toThrow(
        /cls_score[\s\S]*\[32, 4\][\s\S]*\[32, 8\]|cls_score[\s\S]*\[32, 8\][\s\S]*\[32, 4\]/,
      );
      const loaded = await loadDetectorWeights(path, other, { skipMismatched: true, strict: false });
      expect(loaded['roi_heads.box_predictor.cls_score.weight']).toBeUndefined();
      expect(loaded['rpn.head.cls_logits.weight']).toBeDefined();
      tf.dispose([weights, loaded]);
    });
  },
  ['native', 'js'],
);

describe('detectorNames', () => {
  it('gives every weight another name', () => {
    for (const style of ['torchvision', 'torchvision-v1', 'mmdetection', 'detectron2'] as const) {
      const names = detectorNames(config, style);
      expect(new Set(Object.values(names)).size).toBe(Object.keys(fasterRcnnShapes(config)).length);
    }
  });
});
