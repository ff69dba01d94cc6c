/** Whole Mask R-CNNs against torchvision; fixtures by tooling/reference/make_mask_rcnn.py. */
import { mergeRles, rleArea } from '@icconv/coco';
import { resnetConfig } from '@icconv/models';
import { pasteMasks } from '@icconv/tensor-ops';
import { describeBackends, loadFixture, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { fasterRcnnConfig } from '../../src/config/presets';
import { seededDraw } from '../../src/matching/sampler';
import { compileFasterRcnn } from '../../src/network/compile-faster-rcnn';
import { fasterRcnn, fasterRcnnLosses } from '../../src/network/faster-rcnn';
import { tensorParts } from '../../src/network/parts';
import { maskLogits, regionsOf } from '../../src/network/second-stage';
import { activate } from '../support/activate';
import { prepareImages } from '../support/prepare-images';
import { runLengths } from '../support/run-lengths';
import { images, seededWeights, spread, TRUTHS, withoutChance } from '../support/torchvision-case';

function overlap(a: Uint32Array, b: Uint32Array, [height, width]: readonly [number, number]): number {
  const [both, either] = [true, false].map((intersect) => {
    const rles = [a, b].map((counts) => ({ height, width, counts }));
    return rleArea(mergeRles(rles, { intersect }));
  }) as [number, number];
  return either === 0 ? 1 : both / either;
}

describe.each([
  ['maskrcnn', 'torchvision'],
  ['maskrcnn-v2', 'torchvision-v2'],
] as const)('%s', (name, preset) => {
  const fixture = loadFixture(new URL(`./fixtures/${name}.safetensors`, import.meta.url));
  const expected = (key: string) => fixture[key]!.data as Float32Array;
  const base = withoutChance(fasterRcnnConfig({ backbone: resnetConfig(50), classes: 5, preset, masks: true }));
  const config = { ...base, roi: { ...base.roi, test: { ...base.roi.test, maxDetections: 20 } } };

  describeBackends(
    'of torchvision',
    activate,
    () => {
      it.each(['plain', 'compiled'])('mask logits of the %s network, in the same regions, within 1e-4', (kind) => {
        tf.tidy(() => {
          const { images: batch, sizes } = prepareImages(images(), config.input);
          const weights = seededWeights(config);
          const compiled = kind === 'compiled' ? compileFasterRcnn(weights, config) : undefined;
          const parts = compiled?.parts ?? tensorParts('test', weights, config);
          const boxes = sizes.map((_, i) => {
            const { data, shape } = fixture[`regions.${i}`]!;
            return tf.tensor2d(data as Float32Array, shape as [number, number]);
          });
          const labels = sizes.flatMap((_, i) => Array.from(expected(`detections.${i}.labels`), (label) => label - 1));
          const from = { features: parts.features(batch), images: batch, sizes };
          const [logits] = maskLogits(parts, from, regionsOf(boxes, config), tf.tensor1d(labels, 'int32'), config);
          compiled?.dispose();
          expect(maxRelativeError(spread(logits!.dataSync<'float32'>()), expected('mask.logits'))).toBeLessThan(1e-4);
        });
      });

      it.each(['plain', 'compiled'])('pasted masks of the %s network have an IoU of 0.999', (kind) => {
        tf.tidy(() => {
          const batch = prepareImages(images(), config.input);
          const weights = seededWeights(config);
          const compiled = kind === 'compiled' ? compileFasterRcnn(weights, config) : undefined;
          const detections = compiled
            ? compiled.detect(batch.images, batch.sizes)
            : fasterRcnn(weights, batch.images, batch.sizes, config);
          compiled?.dispose();
          let covered = 0;
          detections.forEach(({ boxes, classes, masks }, i) => {
            const [height, width] = batch.originals[i]!;
            const [h, w] = batch.sizes[i]!;
            const scaled = tf.mul(boxes, [[width / w, height / h, width / w, height / h]]) as Tensor2D;
            const labels = Array.from(classes.dataSync(), (category) => category + 1);
            expect(labels).toEqual(Array.from(expected(`detections.${i}.labels`)));
            expect(maxAbsError(scaled.dataSync(), expected(`detections.${i}.boxes`))).toBeLessThan(0.05);
            const pasted = pasteMasks(masks!, scaled, { height, width });
            for (const [m, runs] of runLengths(fixture, `masks.${i}.`).entries()) {
              expect(overlap(pasted[m]!, runs, [height, width]), `mask ${m}`).toBeGreaterThanOrEqual(0.999);
              covered += rleArea({ height, width, counts: runs });
            }
          });
          expect(covered).toBeGreaterThan(2000);
        });
      });

      it('losses within 1e-4 and gradients within 1e-3', () => {
        tf.tidy(() => {
          const weights = seededWeights(config);
          const batch = prepareImages(images(), config.input);
          const truths = TRUTHS.map(({ boxes, classes }, i) => {
            const [height, width] = batch.originals[i]!;
            const [h, w] = batch.sizes[i]!;
            const scaled = tf.mul(tf.tensor2d(boxes), [[w / width, h / height, w / width, h / height]]) as Tensor2D;
            return { boxes: scaled, classes: Int32Array.from(classes), masks: runLengths(fixture, `truths.${i}.`) };
          });
          const names = Object.keys(fixture).flatMap((key) => /^gradient\.(.*)$/.exec(key)?.[1] ?? []);
          let losses: number[] = [];
          const gradients = tf.grads((...values: Tensor[]) => {
            const own = { ...weights, ...Object.fromEntries(names.map((key, i) => [key, values[i]!])) };
            const draw = seededDraw(() => 0);
            const result = fasterRcnnLosses(own, batch.images, batch.sizes, truths, config, draw);
            const { objectness, rpnBox, classification, box, mask } = result.losses;
            const stacked = tf.stack([objectness, rpnBox, classification, box, mask!]);
            losses = Array.from(stacked.dataSync());
            return tf.sum(stacked);
          })(names.map((key) => weights[key]!));
          expect(maxRelativeError(losses, expected('losses'))).toBeLessThan(1e-4);
          expect(names.length).toBeGreaterThan(6);
          names.forEach((key, i) => {
            const gradient = spread(gradients[i]!.dataSync() as Float32Array);
            expect(maxRelativeError(gradient, expected(`gradient.${key}`)), key).toBeLessThan(1e-3);
          });
        });
      });
    },
    ['native'],
  );
});
