import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor, initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { type ResNetConfig, type ResNetOutput, resnet, resnetShapes, type StateDict } from '../../src/index';
import { type ExportOnnxOptions, exportOnnx } from '../../src/onnx';
import { activate } from '../support/activate';
import { motley, NETWORKS, weightsOf } from '../support/networks';

const ALL = ['c2', 'c3', 'c4', 'c5', 'logits'] as const satisfies readonly ResNetOutput[];
/** float32 through all layers, in another order of summation. */
const TOLERANCE = 1e-4;

type Session = Awaited<ReturnType<typeof ort.InferenceSession.create>>;

const SESSION = { intraOpNumThreads: 2, logSeverityLevel: 3 } as const;

async function open(weights: StateDict, config: ResNetConfig, options: ExportOnnxOptions = {}): Promise<Session> {
  return ort.InferenceSession.create(await exportOnnx(weights, config, options), SESSION);
}

/** Largest relative difference of each output between onnxruntime's run and ours. */
async function differences(session: Session, weights: StateDict, config: ResNetConfig, image: tf.Tensor4D) {
  const names = session.outputNames as ResNetOutput[];
  const nchw = tf.transpose(image, [0, 3, 1, 2]);
  const feeds = { image: new ort.Tensor('float32', (await nchw.data()) as Float32Array, nchw.shape) };
  const theirs = await session.run(feeds);
  const ours = resnet(weights, image, config, { returns: names });
  const errors: Record<string, number> = {};
  for (const name of names) {
    const expected = name === 'logits' ? ours[name] : tf.transpose(ours[name], [0, 3, 1, 2]);
    expect(theirs[name]!.dims, name).toEqual(expected.shape);
    errors[name] = maxRelativeError(theirs[name]!.data as Float32Array, (await expected.data()) as Float32Array);
    expected.dispose();
  }
  tf.dispose([nchw, ours]);
  return errors;
}

const image = (batch: number, height: number, width: number) =>
  hashedTensor<tf.Rank.R4>('image', [batch, height, width, 3]);

const MORE: Readonly<Record<string, ResNetConfig>> = {
  'groups, inception by channel': {
    block: 'bottleneck',
    blocks: [1, 1, 1, 1],
    classes: 3,
    groups: 4,
    groupWidth: 4,
    conv: { kind: 'inception', pattern: motley([16, 32, 64, 128]) },
  },
};

describeBackends(
  'exportOnnx',
  activate,
  () => {
    test.each(Object.entries({ ...NETWORKS, ...MORE }))(
      '%s gives in onnxruntime what it gives here',
      async (_, config) => {
        const weights = weightsOf(config);
        for (const batchNorm of ['fold', 'keep'] as const) {
          const session = await open(weights, config, { returns: ALL, batchNorm });
          expect(session.inputNames).toEqual(['image']);
          expect([...session.outputNames].sort()).toEqual([...ALL].sort());
          // One file for every batch and size of map.
          for (const x of [image(2, 37, 41), image(1, 64, 32)]) {
            const errors = await differences(session, weights, config, x);
            for (const [name, error] of Object.entries(errors)) {
              expect(error, `${batchNorm} ${name}`).toBeLessThan(TOLERANCE);
            }
            x.dispose();
          }
          await session.release();
        }
        tf.dispose(weights);
      },
    );
  },
  ['native'],
);

describeBackends(
  'published networks as ONNX',
  activate,
  () => {
    test.each<[string, ResNetConfig]>([
      ['ResNet-50', { depth: 50 }],
      ['IC-ResNet-50 k9', { depth: 50, conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } }],
      ['IC-ResNet-50 k13', { depth: 50, conv: { kind: 'inception', pattern: 'pose/ic-resnet50-k13' } }],
    ])('%s', async (_, config) => {
      const weights = initialWeights(resnetShapes(config));
      const session = await open(weights, config);
      const x = image(1, 97, 129);
      const errors = await differences(session, weights, config, x);
      expect(Object.keys(errors)).toEqual(['c2', 'c3', 'c4', 'c5']);
      for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(TOLERANCE);
      await session.release();
      tf.dispose([weights, x]);
    });
  },
  ['native'],
);

describe('exportOnnx', () => {
  const config = NETWORKS.basic!;

  test('leaves no tensor behind, also when it fails', async () => {
    await activate('js');
    const weights = weightsOf(config);
    const before = tf.memory().numTensors;
    const bytes = await exportOnnx(weights, config);
    expect(bytes.length).toBeGreaterThan(1e6);
    const { 'layer4.0.bn2.bias': last, ...rest } = weights;
    await expect(exportOnnx(rest, config)).rejects.toThrow('exportOnnx: weights["layer4.0.bn2.bias"] must be');
    expect(tf.memory().numTensors).toBe(before);
    last!.dispose();
    tf.dispose(rest);
  });

  test('refuses outputs that the network has not', async () => {
    const { classes: _, ...headless } = config;
    await expect(exportOnnx({}, headless, { returns: ['logits'] })).rejects.toThrow(
      'returns must be names among c2, c3, c4, c5 (logits need `classes` in the config)',
    );
  });
});
