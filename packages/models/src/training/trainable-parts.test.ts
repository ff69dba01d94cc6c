import { describe, expect, test } from 'vitest';
import { resnetShapes, trainableParts } from '../index';

const config = { depth: 50, classes: 10 } as const;
const names = Object.keys(resnetShapes(config));
const layersOf = (chosen: readonly string[]) =>
  [...new Set(chosen.map((name) => /^layer\d/.exec(name)?.[0] ?? name.split('.')[0]!))].sort();

describe('trainableParts', () => {
  test.each([
    [0, []],
    [1, ['bn1', 'conv1']],
    [2, ['bn1', 'conv1', 'layer1']],
    [5, ['bn1', 'conv1', 'layer1', 'layer2', 'layer3', 'layer4']],
  ] as const)('freezeAt %i keeps %j', (freezeAt, kept) => {
    const { trainable, batchNorm } = trainableParts(config, '', { freezeAt });
    const learned = names.filter((name) => !/running_(mean|var)$/.test(name));
    expect(layersOf(learned.filter((name) => !trainable(name)))).toEqual(kept);
    expect(batchNorm('bn1')).toBe(freezeAt < 1);
    expect(batchNorm('layer4.0.downsample.1')).toBe(freezeAt < 5);
    // The classifier is no part of the backbone.
    expect(trainable('fc.weight')).toBe(true);
  });

  test('running statistics are never trained', () => {
    expect(trainableParts(config, '').trainable('layer1.0.bn1.running_var')).toBe(false);
  });

  test.each([
    ['train', true, true],
    ['eval', true, false],
    ['frozen', false, false],
  ] as const)('norms of the backbone: %s', (norms, trained, byBatch) => {
    const { trainable, batchNorm } = trainableParts(config, 'backbone.', { norms });
    for (const norm of ['bn1', 'layer3.5.bn2', 'layer2.0.downsample.1']) {
      expect(trainable(`backbone.${norm}.weight`), norm).toBe(trained);
      expect(batchNorm(`backbone.${norm}`), norm).toBe(byBatch);
    }
    expect(trainable('backbone.layer3.5.conv2.weight')).toBe(true);
    // Norms elsewhere in the network, even by the same name.
    expect([trainable('neck.bn1.weight'), batchNorm('neck.bn1')]).toEqual([true, true]);
  });
});
