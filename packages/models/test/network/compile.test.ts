import { loadedNative } from '@icconv/tensor-ops/engine';
import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor, initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import {
  type CompiledResNet,
  compileForInference,
  compileFpn,
  DisposedError,
  type FpnConfig,
  type FpnExtra,
  fpn,
  fpnShapes,
  type ResNetConfig,
  resnet,
  resnetShapes,
} from '../../src/index';
import { activate } from '../support/activate';
import { NETWORKS, weightsOf } from '../support/networks';

const OUTPUTS = ['c2', 'c3', 'c4', 'c5', 'logits'] as const;
const image = (height = 37, width = 41) => hashedTensor<tf.Rank.R4>('image', [2, height, width, 3]);

async function error(actual: tf.Tensor, expected: tf.Tensor): Promise<number> {
  expect(actual.shape).toEqual(expected.shape);
  return maxRelativeError((await actual.data()) as Float32Array, (await expected.data()) as Float32Array);
}

describeBackends('compileForInference', activate, () => {
  test.each(Object.entries(NETWORKS))('%s gives what the network gives', async (_, config) => {
    const weights = weightsOf(config);
    const x = image();
    const expected = resnet(weights, x, config, { returns: OUTPUTS });
    const network = compileForInference(weights, config);
    tf.dispose(weights);
    const outputs = network.forward(x, { returns: OUTPUTS });
    for (const name of OUTPUTS) expect(await error(outputs[name], expected[name]), name).toBeLessThan(1e-4);
    network.dispose();
    tf.dispose([x, outputs, expected]);
  });

  test('takes bfloat16 where there is AVX512-BF16, and says so where there is not', async () => {
    const config = NETWORKS.bottleneck!;
    const weights = weightsOf(config);
    const half = () => compileForInference(weights, config, { precision: 'bfloat16' });
    if (tf.getBackend() !== 'tensorflow' || loadedNative()?.ops.bfloat16?.() !== true) {
      expect(half).toThrowError('precision "bfloat16" needs the native engine on a processor with AVX512-BF16');
    } else {
      const x = image();
      const [single, network] = [compileForInference(weights, config), half()];
      const [expected, outputs] = [single.forward(x, { returns: ['c5'] }), network.forward(x, { returns: ['c5'] })];
      const difference = await error(outputs.c5, expected.c5);
      expect(difference).toBeGreaterThan(1e-4);
      expect(difference).toBeLessThan(3e-2);
      for (const made of [single, network]) made.dispose();
      tf.dispose([x, expected, outputs]);
    }
    tf.dispose(weights);
  });

  test('is one call a network, on the CPU and on a GPU', () => {
    if (tf.getBackend() !== 'tensorflow') return;
    const backend = tf.backend() as unknown as {
      isUsingGpuDevice: boolean;
      executeMultipleOutputs(op: string, attrs: unknown, inputs: unknown, outputs: number): tf.Tensor[];
      executeSingleOutput(op: string): tf.Tensor;
    };
    const config = NETWORKS['inception bottleneck']!;
    const x = image();
    const multiple = vi.spyOn(backend, 'executeMultipleOutputs');
    const single = vi.spyOn(backend, 'executeSingleOutput');
    for (const onGpu of [false, true]) {
      // Up to the call itself nothing asks the device, which is a CPU.
      backend.isUsingGpuDevice = onGpu;
      const before = tf.memory().numTensors;
      const weights = weightsOf(config);
      const network = compileForInference(weights, config);
      multiple.mockClear();
      single.mockClear();
      if (onGpu)
        multiple.mockImplementation((_op, _attrs, _inputs, outputs) =>
          Array.from({ length: outputs }, () => tf.clone(x)),
        );
      tf.dispose(network.forward(x));
      network.dispose();
      expect(single).not.toHaveBeenCalled();
      expect(multiple.mock.calls.map(([op]) => op.replace(/\d+$/, ''))).toEqual([
        onGpu ? 'icconv_network_' : 'IcconvConvProgram',
      ]);
      tf.dispose(weights);
      expect(tf.memory().numTensors).toBe(before);
    }
    backend.isUsingGpuDevice = false;
    multiple.mockRestore();
    single.mockRestore();
    x.dispose();
  });

  test('takes images of other sizes one after the other, and outlives a tidy', () => {
    const config = NETWORKS.bottleneck!;
    const weights = weightsOf(config);
    let network!: CompiledResNet;
    tf.tidy(() => {
      network = compileForInference(weights, config);
    });
    for (const [height, width] of [
      [32, 64],
      [65, 33],
    ] as const) {
      const x = image(height, width);
      const { c3 } = network.forward(x, { returns: ['c3'] });
      expect(c3.shape).toEqual([2, Math.ceil(height / 8), Math.ceil(width / 8), 512]);
      tf.dispose([x, c3]);
    }
    network.dispose();
    tf.dispose(weights);
  });

  test('frees intermediate maps on the way', () => {
    const config = NETWORKS.bottleneck!;
    const weights = weightsOf(config);
    const network = compileForInference(weights, config);
    const x = image();
    // The first run makes what later ones use again.
    tf.dispose(network.forward(x));
    const before = tf.memory().numTensors;
    const outputs = network.forward(x);
    expect(Object.keys(outputs)).toEqual(['c2', 'c3', 'c4', 'c5']);
    expect(tf.memory().numTensors).toBe(before + 4);
    network.dispose();
    tf.dispose([outputs, x, weights]);
  });

  test('is of no use after dispose', () => {
    const config = NETWORKS.basic!;
    const weights = weightsOf(config);
    const network = compileForInference(weights, config);
    network.dispose();
    network.dispose();
    const x = image();
    expect(() => network.forward(x)).toThrow(DisposedError);
    tf.dispose([x, weights]);
  });

  test('leaves nothing behind when a weight is missing', () => {
    const config = NETWORKS.basic!;
    const { 'layer4.0.bn2.bias': last, ...weights } = weightsOf(config);
    last!.dispose();
    const before = tf.memory().numTensors;
    expect(() => compileForInference(weights, config)).toThrow(/weights\["layer4\.0\.bn2\.bias"\] must be/);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(weights);
  });
});

describeBackends('compileFpn', activate, () => {
  test.each<[string, FpnExtra, 'none' | 'batch']>([
    ['pool', { kind: 'pool' }, 'none'],
    ['none, with batch norm', { kind: 'none' }, 'batch'],
    ['convolutions on C5', { kind: 'conv', source: 'c5' }, 'none'],
    ['convolutions on the lateral', { kind: 'conv', source: 'lateral', levels: 1, relu: false }, 'batch'],
  ])('%s gives what the pyramid gives', async (_, extra, norm) => {
    const config: FpnConfig = { inChannels: [8, 12, 16], channels: 8, extra, norm };
    const weights = initialWeights(fpnShapes(config));
    const sizes = { c3: [13, 9, 8], c4: [7, 5, 12], c5: [4, 3, 16] } as const;
    const entries = Object.entries(sizes).map(([name, size]) => [name, hashedTensor<tf.Rank.R4>(name, [1, ...size])]);
    const features = Object.fromEntries(entries) as Record<keyof typeof sizes, tf.Tensor4D>;
    const { levels: expected } = fpn(weights, features, config);
    const network = compileFpn(weights, config);
    tf.dispose(weights);
    const levels = network.forward(features);
    expect(Object.keys(levels)).toEqual(Object.keys(expected));
    for (const [name, level] of Object.entries(levels)) {
      expect(await error(level, expected[name]!), name).toBeLessThan(1e-4);
    }
    network.dispose();
    expect(() => network.forward(features)).toThrow(DisposedError);
    tf.dispose([features, levels, expected]);
  });
});

// Whole networks, with the native kernels' packed filters.
describeBackends(
  'published networks, compiled',
  activate,
  () => {
    test.each<[string, ResNetConfig]>([
      ['k9', { depth: 50, conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } }],
      ['k13', { depth: 50, conv: { kind: 'inception', pattern: 'pose/ic-resnet50-k13' } }],
    ])('IC-ResNet-50 %s', async (_, config) => {
      const weights = initialWeights(resnetShapes(config));
      const x = image(97, 129);
      const expected = resnet(weights, x, config);
      const network = compileForInference(weights, config);
      const outputs = network.forward(x);
      for (const name of ['c2', 'c3', 'c4', 'c5'] as const) {
        expect(await error(outputs[name], expected[name]), name).toBeLessThan(1e-4);
      }
      network.dispose();
      tf.dispose([weights, x, outputs, expected]);
    });
  },
  ['native'],
);
