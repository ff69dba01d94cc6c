/** Whole detectors against torchvision, stage by stage; fixtures by tooling/reference/make_detection.py. */
import { resnetConfig } from '@icconv/models';
import { describeBackends, loadFixture, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { fasterRcnnConfig } from '../../src/config/presets';
import { seededDraw } from '../../src/matching/sampler';
import { compileFasterRcnn } from '../../src/network/compile-faster-rcnn';
import { fasterRcnn, fasterRcnnLosses } from '../../src/network/faster-rcnn';
import { featurePyramid } from '../../src/network/feature-pyramid';
import { tensorParts } from '../../src/network/parts';
import { activate } from '../support/activate';
import { prepareImages } from '../support/prepare-images';
import { images, seededWeights, spread, TRUTHS, withoutChance } from '../support/torchvision-case';

const sampled = (tensor: Tensor): Float32Array => spread(tensor.dataSync() as Float32Array);

describe.each(['torchvision', 'torchvision-v2'] as const)('%s', (preset) => {
  const fixture = loadFixture(new URL(`./fixtures/${preset}.safetensors`, import.meta.url));
  const expected = (name: string) => fixture[name]!.data as Float32Array;
  const config = withoutChance(fasterRcnnConfig({ backbone: resnetConfig(50), classes: 5, preset }));

  describeBackends(
    'fasterrcnn_resnet50_fpn',
    activate,
    () => {
      it('input, features and RPN outputs', () => {
        tf.tidy(() => {
          const batch = prepareImages(images(), config.input);
          expect(batch.images.shape).toEqual(Array.from(expected('batch.shape')));
          expect(batch.sizes.flat()).toEqual(Array.from(expected('batch.sizes')));
          expect(maxRelativeError(sampled(batch.images), expected('batch'))).toBeLessThan(1e-5);
          const weights = seededWeights(config);
          const { features } = featurePyramid(weights, batch.images, config, false);
          const { logits, deltas } = tensorParts('test', weights, config).rpn(features);
          for (let level = 0; level < 5; level++) {
            expect(maxRelativeError(sampled(features[level]!), expected(`features.${level}`))).toBeLessThan(1e-4);
            expect(maxRelativeError(sampled(logits[level]!), expected(`rpn.logits.${level}`))).toBeLessThan(1e-4);
            expect(maxRelativeError(sampled(deltas[level]!), expected(`rpn.deltas.${level}`))).toBeLessThan(1e-4);
          }
        });
      });

      it.each(['plain', 'compiled'])(
        'detections of the %s network: boxes within 0.05 px, scores within 1e-4',
        (kind) => {
          tf.tidy(() => {
            const batch = prepareImages(images(), config.input);
            const weights = seededWeights(config);
            const compiled = kind === 'compiled' ? compileFasterRcnn(weights, config) : undefined;
            const detections = compiled
              ? compiled.detect(batch.images, batch.sizes)
              : fasterRcnn(weights, batch.images, batch.sizes, config);
            compiled?.dispose();
            detections.forEach(({ boxes, scores, classes }, i) => {
              const [height, width] = batch.originals[i]!;
              const [h, w] = batch.sizes[i]!;
              const scaled = tf.mul(boxes, [[width / w, height / h, width / w, height / h]]);
              expect(Array.from(classes.dataSync(), (category) => category + 1)).toEqual(
                Array.from(expected(`detections.${i}.labels`)),
              );
              const reference = expected(`detections.${i}.boxes`);
              const apart = Array.from(scaled.dataSync(), (value, at) => Math.abs(value - reference[at]!) >= 0.05);
              // Two neighbours in the second picture have scores equal to six digits: rounding decides which is first.
              expect(new Set(apart.flatMap((far, at) => (far ? [at >> 2] : []))).size).toBeLessThanOrEqual(2 * i);
              expect(maxAbsError(scores.dataSync(), expected(`detections.${i}.scores`))).toBeLessThan(1e-4);
            });
          });
        },
      );

      it('losses within 1e-4 and gradients within 1e-3', () => {
        tf.tidy(() => {
          const weights = seededWeights(config);
          const batch = prepareImages(images(), config.input);
          const truths = TRUTHS.map(({ boxes, classes }, i) => {
            const [height, width] = batch.originals[i]!;
            const [h, w] = batch.sizes[i]!;
            const scaled = tf.mul(tf.tensor2d(boxes), [[w / width, h / height, w / width, h / height]]) as Tensor2D;
            return { boxes: scaled, classes: Int32Array.from(classes) };
          });
          const names = Object.keys(fixture)
            .filter((name) => name.startsWith('gradient.'))
            .map((name) => name.slice('gradient.'.length));
          let losses: number[] = [];
          const gradients = tf.grads((...values: Tensor[]) => {
            const own = { ...weights, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
            const result = fasterRcnnLosses(
              own,
              batch.images as Tensor4D,
              batch.sizes,
              truths,
              config,
              seededDraw(() => 0),
            );
            const { objectness, rpnBox, classification, box } = result.losses;
            const stacked = tf.stack([objectness, rpnBox, classification, box]);
            losses = Array.from(stacked.dataSync());
            return tf.sum(stacked);
          })(names.map((name) => weights[name]!));
          expect(maxRelativeError(losses, expected('losses'))).toBeLessThan(1e-4);
          names.forEach((name, i) => {
            expect(maxRelativeError(sampled(gradients[i]!), expected(`gradient.${name}`)), name).toBeLessThan(1e-3);
          });
        });
      });
    },
    ['native'],
  );
});
