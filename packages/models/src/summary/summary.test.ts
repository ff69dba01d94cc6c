import { InvalidArgumentError } from '@icconv/tensor-ops';
import { describe, expect, test } from 'vitest';
import { formatNetwork, type ResNetConfig, summary } from '../index';

const k9 = { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } as const;

describe('summary', () => {
  // Parameters as torchvision and the paper's authors count them; the rest is arithmetic over the layer shapes.
  test.each<[string, ResNetConfig, number, number]>([
    ['ResNet-18', { depth: 18 }, 11_689_512, 1.814],
    ['ResNet-34', { depth: 34 }, 21_797_672, 3.664],
    ['ResNet-50', { depth: 50 }, 25_557_032, 4.089],
    ['ResNet-101', { depth: 101 }, 44_549_160, 7.801],
    ['ResNet-152', { depth: 152 }, 60_192_808, 11.514],
    ['ResNeXt-50 32x4d', { depth: 50, groups: 32, groupWidth: 4 }, 25_028_904, 4.23],
    ['wide ResNet-50', { depth: 50, groupWidth: 128 }, 68_883_240, 11.398],
    ['super ResNet-50 k9', { depth: 50, conv: { kind: 'super', size: 9 } }, 116_095_016, 18.9],
    ['super ResNet-50 k13', { depth: 50, conv: { kind: 'super', size: 13 } }, 226_752_552, 37.0],
  ])('counts %s at 224x224', (_, config, params, gmac) => {
    const found = summary({ ...config, classes: 1000 }, [224, 224]);
    expect(found.params).toBe(params);
    expect(found.macs / 1e9).toBeCloseTo(gmac, gmac > 15 ? 1 : 2);
  });

  test('an inception network costs what the plain one costs', () => {
    const found = summary({ depth: 50, classes: 1000, conv: k9 }, [800, 1216]);
    expect(found.plain).toEqual({ params: found.params, macs: found.macs });
    expect(found.layers.find(({ name }) => name === 'layer1.0.conv2')).toEqual({
      name: 'layer1.0.conv2',
      kind: '3x3 inception',
      dilations: 10,
      output: [200, 304, 64],
      params: 9 * 64 * 64 + 2 * 64,
      macs: 200 * 304 * 9 * 64 * 64,
    });
  });

  test('rounds odd sizes up, as the network does', () => {
    const outputs = summary({ depth: 18 }, [65, 97]).layers.map(({ output }) => output.slice(0, 2).join('x'));
    expect([...new Set(outputs)]).toEqual(['33x49', '17x25', '9x13', '5x7', '3x4']);
  });

  test('shows a table', () => {
    const lines = formatNetwork(summary({ depth: 50, conv: k9 }, [224, 224])).split('\n');
    expect(lines[0]).toBe('layer                  kind           dilations      output     params   MMAC');
    expect(lines).toContain('layer4.2.conv2         3x3 inception         16     7x7x512  2,360,320  115.6');
    expect(lines.at(-2)).toBe('input 224x224: 23.508 M params, 4.087 GMAC');
    expect(lines.at(-1)).toBe('plain network: 23.508 M params, 4.087 GMAC, the same');
    const super9 = formatNetwork(summary({ depth: 50, conv: { kind: 'super', size: 9 } }, [224, 224]));
    expect(super9).toMatch(/this one has 4\.6\d times its operations$/);
  });

  test('refuses a size that is none', () => {
    expect(() => summary({ depth: 50 }, [224, 0])).toThrow(InvalidArgumentError);
    expect(() => summary({ depth: 50 }, [224.5, 3])).toThrow(/inputSize must be \[height, width\] in pixels/);
  });
});
