import { expect, test } from 'vitest';
import { resnetConfig, resnextConfig } from '../config/resnet-config';
import { inceptionLayers } from './features';
import { withManualPattern } from './manual-pattern';

test('chosen layers get the advised shares of undilated channels', () => {
  const config = withManualPattern(resnetConfig(18), { maxDilation: 2 });
  const layers = inceptionLayers(config);
  expect(layers.map(({ channels }) => channels)).toEqual([64, 64, 128, 128, 256, 256, 512, 512]);
  const { pattern } = config.conv as unknown as {
    pattern: { layers: { name: string; dilations: [number, number][] }[] };
  };
  expect(pattern.layers[0]!.name).toBe('layer1.0.conv2');
  const undilated = (layer: number) => pattern.layers[layer]!.dilations.filter(([h, w]) => h === 1 && w === 1).length;
  expect(undilated(0)).toBe(32);
  expect(undilated(7)).toBe(Math.round(0.7 * 512));
});

test('other layers, and one dilation a group', () => {
  const first = withManualPattern(resnetConfig(34), { layers: ['layer1.*.conv1'] });
  expect(inceptionLayers(first).map(({ name }) => name)).toEqual([
    'layer1.0.conv1',
    'layer1.1.conv1',
    'layer1.2.conv1',
  ]);
  expect(inceptionLayers(withManualPattern(resnextConfig(50)))).toHaveLength(16);
  expect(() => withManualPattern(resnetConfig(18), { layers: ['layer9.*.conv1'] })).toThrow(/layer9/);
});
