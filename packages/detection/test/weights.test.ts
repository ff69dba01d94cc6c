import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resnetConfig, type WeightStyle } from '@icconv/models';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { describeBackends, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FasterRcnnConfig } from '../src/config/faster-rcnn-config';
import { fasterRcnnConfig, type Preset } from '../src/config/presets';
import { fasterRcnnShapes, initFasterRcnn } from '../src/network/shapes';
import { checkpointHeads } from '../src/weights/checkpoint-heads';
import { loadDetectorWeights, saveDetectorWeights } from '../src/weights/detector-weights';
import { flattenedWeights, toTorchOrder } from '../src/weights/flatten-order';
import { detectorNames, styleOfNames } from '../src/weights/names';
import { activate } from './support/activate';

const base = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3 });
const config = { ...base, fpnChannels: 16, roi: { ...base.roi, hidden: 32 } };

/** A small network with masks, and with a cascade. */
function withHeads(preset: Preset, cascade: boolean): FasterRcnnConfig {
  const own = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3, preset, masks: true, cascade });
  return { ...own, fpnChannels: 16, roi: { ...own.roi, hidden: 32 }, mask: { ...own.mask!, hidden: 16 } };
}

describeBackends(
  'detector checkpoints',
  activate,
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'icconv-detector-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each([
      ['detector.safetensors', config],
      ['detector.pth', config],
      ['no-hidden-layer.pth', { ...config, roi: { ...config.roi, linears: 0 } }],
    ])('%s: saved and loaded, the same', async (name, own) => {
      const weights = initFasterRcnn(own, { seed: 3 });
      const path = await saveDetectorWeights(join(folder, name), weights, own);
      const loaded = await loadDetectorWeights(path, own);
      expect(Object.keys(loaded).sort()).toEqual(Object.keys(fasterRcnnShapes(own)).sort());
      for (const [key, tensor] of Object.entries(weights)) {
        expect(maxAbsError(await loaded[key]!.data(), await tensor.data()), key).toBe(0);
      }
      tf.dispose([weights, loaded]);
    });

    it('the rows of every linear layer that sees a map are saved in the order channel, row, column', () => {
      const small = { ...config, fpnChannels: 2, roi: { ...config.roi, outputSize: 2, linears: 0 } };
      const ours = tf.tensor2d([0, 1, 2, 3, 4, 5, 6, 7], [8, 1]);
      const names = ['cls_score', 'bbox_pred'].map((output) => `roi_heads.box_predictor.${output}.weight`);
      expect(flattenedWeights(small)).toEqual(names);
      const theirs = toTorchOrder(Object.fromEntries(names.map((name) => [name, ours])), small);
      for (const name of names) expect(Array.from(theirs[name]!.dataSync())).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
      tf.dispose([ours, theirs]);
    });

    it.each([
      ['torchvision-v1', config],
      ['mmdetection', config],
      ['detectron2', config],
      ['torchvision-v1', withHeads('torchvision', false)],
      ['torchvision', withHeads('torchvision-v2', false)],
      ['mmdetection', withHeads('mmdetection', false)],
      ['mmdetection', withHeads('mmdetection', true)],
      ['detectron2', withHeads('detectron2', true)],
    ] as const)('names of %s are recognised', async (style, config) => {
      const weights = initFasterRcnn(config, { seed: 4 });
      const names = detectorNames(config, style);
      const theirs = toTorchOrder(weights, config);
      const renamed = Object.fromEntries(Object.entries(theirs).map(([name, tensor]) => [names[name]!, tensor]));
      expect(styleOfNames(Object.keys(renamed))).toBe(style);
      const path = await saveStateDict(renamed, join(folder, `${style}.pth`), { container: 'state_dict' });
      const heads = { count: 3, masks: config.mask !== undefined, cascade: config.roi.cascade !== undefined };
      expect(await checkpointHeads(path)).toEqual(heads);
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

  it('gives masks and the stages of a cascade the names that the libraries have for them', () => {
    const named = (preset: Preset, cascade: boolean, style: WeightStyle, ours: string) =>
      detectorNames(withHeads(preset, cascade), style)[`roi_heads.${ours}`];
    expect(named('torchvision', false, 'torchvision-v1', 'mask_head.3.0.weight')).toBe(
      'roi_heads.mask_head.mask_fcn4.weight',
    );
    const mmdetection = (ours: string) => named('mmdetection', true, 'mmdetection', ours);
    expect(mmdetection('box_head.2.fc6.weight')).toBe('roi_head.bbox_head.2.shared_fcs.0.weight');
    expect(mmdetection('box_predictor.1.bbox_pred.bias')).toBe('roi_head.bbox_head.1.fc_reg.bias');
    expect(mmdetection('mask_head.1.3.0.weight')).toBe('roi_head.mask_head.1.convs.3.conv.weight');
    expect(mmdetection('mask_predictor.0.conv5_mask.bias')).toBe('roi_head.mask_head.0.upsample.bias');
    expect(named('mmdetection', false, 'mmdetection', 'mask_head.0.0.bias')).toBe(
      'roi_head.mask_head.convs.0.conv.bias',
    );
    const detectron2 = (ours: string) => named('detectron2', true, 'detectron2', ours);
    expect(detectron2('box_head.1.fc7.weight')).toBe('roi_heads.box_head.1.fc2.weight');
    expect(detectron2('box_predictor.2.cls_score.bias')).toBe('roi_heads.box_predictor.2.cls_score.bias');
    expect(detectron2('mask_head.0.0.weight')).toBe('roi_heads.mask_head.mask_fcn1.weight');
    expect(detectron2('mask_predictor.mask_fcn_logits.bias')).toBe('roi_heads.mask_head.predictor.bias');
  });
});
