/** Against torchvision: its transform, of tensors and of PIL's images, logits, loss and gradients; fixtures by tooling/reference/make_classifier.py. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { compileForInference, resnetShapes } from '@icconv/models';
import { describeBackends, loadFixture, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import { initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type ClassifierModel, classifierStep, classifyPicture, prepareClassifierInput, resnetOf } from '../../src';
import { IMAGENET_NAMES } from '../../src/node';
import { activate } from '../support/activate';

interface Case {
  readonly picture: readonly [height: number, width: number];
  readonly size: number;
  readonly crop: number;
}
interface Manifest {
  /** SHA-256 of torchvision's list, a line each. */
  readonly imagenetNames: string;
  readonly classes: number;
  readonly step: number;
  readonly labels: readonly number[];
  readonly smoothing: number;
  readonly tolerances: Readonly<Record<'logits' | 'losses' | 'gradients' | 'pilLogits', number>>;
  readonly cases: readonly Case[];
}

const folder = new URL('./fixtures/', import.meta.url);
const fixture = loadFixture(new URL('classifier.safetensors', folder));
const { cases, classes, imagenetNames, step, labels, smoothing, tolerances } = JSON.parse(
  readFileSync(new URL('manifest.json', folder), 'utf8'),
) as Manifest;
const expected = (name: string) => fixture[name]!.data as Float32Array;
const NORM = { mean: [123.675, 116.28, 103.53], deviation: [58.395, 57.12, 57.375] } as const;
const names = Array.from({ length: classes }, (_, i) => `class ${i}`);

const model = (depth: 18 | 50, { size, crop }: Case): ClassifierModel => ({
  config: { backbone: { depth }, input: { size, crop, ...NORM } },
  classes: names,
});
const weightsOf = (depth: 18 | 50) =>
  initialWeights(resnetShapes({ depth, classes }), { last: depth === 18 ? 'bn2' : 'bn3' });

function painted([height, width]: Case['picture']) {
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const third = Math.floor((x * y) / 3) + 11 * Math.floor(x / 16) + 7 * Math.floor(y / 9);
      const values = [Math.floor((x * x) / 7) + 3 * y, 5 * x + Math.floor((y * y) / 5), third];
      data.set(
        values.map((value) => value % 256),
        3 * (y * width + x),
      );
    }
  }
  return { data, height, width };
}

/** What the network sees, as 8-bit values again. */
function levels(one: Case): number[] {
  const input = prepareClassifierInput(painted(one.picture), { ...one, ...NORM });
  expect(input.shape).toEqual([1, one.crop, one.crop, 3]);
  const values = Array.from(input.dataSync(), (value, i) => value * NORM.deviation[i % 3]! + NORM.mean[i % 3]!);
  input.dispose();
  return values.filter((_, i) => i % step === 0);
}

test('the names of ImageNet’s classes are torchvision’s', () => {
  expect(createHash('sha256').update(IMAGENET_NAMES.join('\n')).digest('hex')).toBe(imagenetNames);
});

describeBackends('inputs', activate, () => {
  test.each(cases)('$picture to $size, cut to $crop', (one) => {
    const ours = levels(one);
    const whole = ours.map(Math.round);
    expect(maxAbsError(whole, ours)).toBeLessThan(1e-3);
    const apart = (kind: string) => {
      const theirs = expected(`${cases.indexOf(one)}/${kind}/levels`);
      expect(maxAbsError(whole, theirs)).toBeLessThanOrEqual(1);
      return whole.filter((value, i) => value !== theirs[i]).length / whole.length;
    };
    // A half is rounded by the last bit of a sum.
    expect(apart('tensors')).toBeLessThan(0.01);
    expect(apart('pil')).toBeLessThan(0.26);
  });
});

describeBackends(
  'networks',
  activate,
  () => {
    test.each([18, 50] as const)('logits of ResNet-%i', (depth) => {
      const weights = weightsOf(depth);
      const network = compileForInference(weights, { depth, classes });
      for (const [i, one] of cases.entries()) {
        if (one.crop !== 224) continue;
        const theirs = expected(`${i}/tensors/logits${depth}`);
        const logits = tf.tidy(() => {
          const input = prepareClassifierInput(painted(one.picture), model(depth, one).config.input);
          return network.forward(input, { returns: ['logits'] }).logits.dataSync<'float32'>();
        });
        expect(maxRelativeError(logits, theirs)).toBeLessThan(tolerances.logits);
        expect(maxRelativeError(logits, expected(`${i}/pil/logits${depth}`))).toBeLessThan(tolerances.pilLogits);
        const result = classifyPicture(network, painted(one.picture), model(depth, one), { topK: 3 });
        const order = [...theirs.keys()].sort((a, b) => theirs[b]! - theirs[a]!);
        const sum = theirs.reduce((all, value) => all + Math.exp(value), 0);
        expect(result).toMatchObject({ height: one.picture[0], width: one.picture[1] });
        expect(result.classes.map(({ classId }) => classId)).toEqual(order.slice(0, 3));
        for (const { classId, label, score } of result.classes) {
          expect(label).toBe(names[classId]);
          expect(score).toBeCloseTo(Math.exp(theirs[classId]!) / sum, 4);
        }
      }
      network.dispose();
      tf.dispose(weights);
    });

    test.each([
      ['plain', 0],
      ['smooth', smoothing],
    ] as const)('loss and gradients, %s', (name, labelSmoothing) => {
      const of = model(18, cases[0]!);
      const weights = weightsOf(18);
      const used = cases.filter(({ crop }) => crop === 224);
      const images = tf.tidy(() =>
        tf.concat(used.map((one) => prepareClassifierInput(painted(one.picture), model(18, one).config.input))),
      );
      const trainable = (weight: string) => weight === 'fc.bias' || weight === 'layer4.1.conv2.weight';
      const { losses, gradients } = classifierStep(weights, images, labels, of, {
        trainable,
        batchNorm: () => false,
        labelSmoothing,
      });
      expect(maxRelativeError([losses.crossEntropy!], expected(`${name}/loss`))).toBeLessThan(tolerances.losses);
      expect(maxRelativeError(gradients['fc.bias']!.dataSync(), expected(`${name}/bias`))).toBeLessThan(
        tolerances.gradients,
      );
      const conv = gradients['layer4.1.conv2.weight']!.dataSync<'float32'>().filter((_, i) => i % 9973 === 0);
      expect(maxRelativeError(conv, expected(`${name}/conv`))).toBeLessThan(tolerances.gradients);
      tf.dispose([weights, images, gradients]);
      expect(resnetOf(of)).toEqual({ depth: 18, classes });
    });
  },
  ['native'],
);
