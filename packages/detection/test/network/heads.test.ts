/** What holds of every weight of the detector's heads, on tensors and compiled. */
import { describeBackends, expectFaultsNamed, maxRelativeError } from '@icconv/test-utils';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type CompiledFasterRcnn,
  compileFasterRcnn,
  type FasterRcnnConfig,
  fasterRcnn,
  fasterRcnnConfig,
  fasterRcnnShapes,
  initFasterRcnn,
  type Preset,
} from '../../src';
import { activate } from '../support/activate';

const backbone = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 } as const;
const SIZE = 64;

function config(preset: Preset, roi: Partial<FasterRcnnConfig['roi']> = {}): FasterRcnnConfig {
  const base = fasterRcnnConfig({ backbone, classes: 2, preset });
  const few = { ...base.rpn.test, postNmsTopN: 5 };
  return {
    ...base,
    fpnChannels: 4,
    rpn: { ...base.rpn, test: few },
    roi: { ...base.roi, outputSize: 3, hidden: 6, ...roi },
  };
}

/** A Cascade Mask R-CNN. */
function withHeads(): FasterRcnnConfig {
  const { backbone: body, roi, ...small } = config('mmdetection');
  const base = fasterRcnnConfig({ backbone: body, classes: 2, preset: 'mmdetection', masks: true, cascade: true });
  return {
    ...{ ...base, ...small, mask: { ...base.mask!, outputSize: 5, convs: 1, hidden: 3 } },
    roi: { ...base.roi, outputSize: roi.outputSize, hidden: roi.hidden },
  };
}

const images = () => tf.randomNormal([1, SIZE, SIZE, 3], 0, 1, 'float32', 3) as Tensor4D;
const namesOfHeads = (of: FasterRcnnConfig) =>
  Object.keys(fasterRcnnShapes(of)).filter((name) => !/^backbone/.test(name));

// The heads of torchvision's two versions have all kinds of layers between them.
const PRESETS: readonly Preset[] = ['torchvision', 'torchvision-v2'];

describeBackends(
  'heads of a detector',
  activate,
  () => {
    test.each(PRESETS)('%s: a missing weight and one of another shape are named, on tensors', (preset) => {
      const of = config(preset);
      const weights = initFasterRcnn(of, { seed: 1 });
      const x = images();
      expectFaultsNamed(weights, namesOfHeads(of), (own) => fasterRcnn(own, x, [[SIZE, SIZE]], of));
      tf.dispose([weights, x]);
    });

    test.each(PRESETS)('%s: a missing weight and one of another shape are named, compiled', (preset) => {
      const of = config(preset);
      const weights = initFasterRcnn(of, { seed: 1 });
      expectFaultsNamed(weights, namesOfHeads(of), (own) => compileFasterRcnn(own, of));
      tf.dispose(weights);
    });

    test('what was compiled before a weight of the pyramid is missed is freed', () => {
      const of = config('torchvision');
      const { 'backbone.fpn.layer_blocks.0.0.bias': gone, ...weights } = initFasterRcnn(of, { seed: 1 });
      gone!.dispose();
      const before = tf.memory().numTensors;
      expect(() => compileFasterRcnn(weights, of)).toThrow('layer_blocks.0.0.bias');
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose(weights);
    });

    test.each(PRESETS)("%s: compiled inside somebody's tidy, it outlives it", (preset) => {
      const of = config(preset, { test: { ...config(preset).roi.test, scoreThreshold: 0 } });
      const weights = initFasterRcnn(of, { seed: 1 });
      const x = images();
      let compiled: CompiledFasterRcnn | undefined;
      tf.tidy(() => {
        compiled = compileFasterRcnn(weights, of);
      });
      const [expected] = fasterRcnn(weights, x, [[SIZE, SIZE]], of);
      for (let turn = 0; turn < 2; turn++) {
        const [found] = compiled!.detect(x, [[SIZE, SIZE]]);
        expect(found!.boxes.shape[0]).toBeGreaterThan(0);
        expect(maxRelativeError(found!.boxes.dataSync(), expected!.boxes.dataSync())).toBeLessThan(1e-4);
        tf.dispose({ ...found! });
      }
      compiled!.dispose();
      compiled!.dispose();
      expect(() => compiled!.detect(x, [[SIZE, SIZE]])).toThrow('has been disposed');
      tf.dispose([weights, x, { ...expected! }]);
    });

    test.each([...PRESETS.map((preset) => [preset, {}] as const), ['torchvision', { linears: 0 }] as const])(
      '%s %j: RoIs go through the box head, also where there are none',
      (preset, roi) => {
        const of = config(preset, roi);
        const weights = initFasterRcnn(of, { seed: 1 });
        const compiled = compileFasterRcnn(weights, of);
        for (const count of [0, 2]) {
          const pooled = tf.ones([count, 3, 3, 4]) as Tensor4D;
          const { logits, deltas } = compiled.parts.boxHeads[0]!(pooled);
          expect(logits.shape).toEqual([count, 3]);
          expect(deltas.shape).toEqual([count, 12]);
          tf.dispose([pooled, logits, deltas]);
        }
        compiled.dispose();
        tf.dispose(weights);
      },
    );

    test('with masks and a cascade: a missing weight and one of another shape are named, compiled', () => {
      const of = withHeads();
      const weights = initFasterRcnn(of, { seed: 1 });
      expectFaultsNamed(weights, namesOfHeads(of), (own) => compileFasterRcnn(own, of));
      tf.dispose(weights);
    });

    test('with masks and a cascade: compiled and on tensors the same, on the settings of both libraries', () => {
      for (const average of ['logits', 'probabilities'] as const) {
        const base = withHeads();
        const test = { ...base.roi.test, scoreThreshold: 0 };
        const of = { ...base, roi: { ...base.roi, test, cascade: { ...base.roi.cascade!, average } } };
        const weights = initFasterRcnn(of, { seed: 1 });
        const x = images();
        const compiled = compileFasterRcnn(weights, of);
        const [found] = compiled.detect(x, [[SIZE, SIZE]]);
        const [expected] = fasterRcnn(weights, x, [[SIZE, SIZE]], of);
        expect(found!.masks!.shape).toEqual([found!.boxes.shape[0], 10, 10]);
        expect(found!.boxes.shape[0]).toBeGreaterThan(0);
        for (const part of ['boxes', 'scores', 'masks'] as const) {
          expect(maxRelativeError(found![part]!.dataSync(), expected![part]!.dataSync()), part).toBeLessThan(1e-4);
        }
        compiled.dispose();
        tf.dispose([weights, x, { ...found! }, { ...expected! }]);
      }
    });

    test.each([...PRESETS, 'all heads'] as const)('%s: no proposals, no detections', (preset) => {
      const base = preset === 'all heads' ? withHeads() : config(preset);
      // No box is as large as this.
      const of = { ...base, rpn: { ...base.rpn, test: { ...base.rpn.test, minSize: 1e4 } } };
      const weights = initFasterRcnn(of, { seed: 1 });
      const x = images();
      const compiled = compileFasterRcnn(weights, of);
      for (const [found] of [compiled.detect(x, [[SIZE, SIZE]]), fasterRcnn(weights, x, [[SIZE, SIZE]], of)]) {
        expect(found!.boxes.shape).toEqual([0, 4]);
        expect(found!.masks?.shape).toEqual(of.mask && [0, 10, 10]);
        tf.dispose({ ...found! });
      }
      compiled.dispose();
      tf.dispose([weights, x]);
    });
  },
  ['native', 'js'],
);
