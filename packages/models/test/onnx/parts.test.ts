/** Pyramids and heads as parts of a graph. */
import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor, initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type FpnConfig, fpn, fpnShapes, type HeadPlan, runHead } from '../../src/index';
import { OnnxGraph, onnxFpn, onnxHead, type Value, writeOnnx } from '../../src/onnx';
import { activate } from '../support/activate';
import { HEADS, weightsOf } from '../support/heads';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Maps with their channels last, vectors as they are. */
const turned = (x: tf.Tensor, perm: number[]) => (x.rank === 4 ? tf.transpose(x, perm) : tf.clone(x));

/** What onnxruntime makes of the inputs. */
async function run(graph: OnnxGraph, inputs: Tensors, outputs: Readonly<Record<string, Value>>) {
  const ports = Object.entries(inputs).map(([name, { rank }]) => ({
    value: { name },
    shape: Array.from({ length: rank }, (_, axis) => `${name}${axis}`),
  }));
  const results = Object.entries(outputs).map(([name, value]) => ({ value: graph.output(name, value), shape: [] }));
  const model = writeOnnx(graph, 'parts', ports, results);
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 2, logSeverityLevel: 4 });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => {
      const nchw = turned(x, [0, 3, 1, 2]);
      const feed = new ort.Tensor('float32', nchw.dataSync() as Float32Array, nchw.shape);
      nchw.dispose();
      return [name, feed];
    }),
  );
  const found = await session.run(feeds);
  await session.release();
  return found;
}

function expectSame(found: Awaited<ReturnType<typeof run>>, expected: Tensors): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    const nchw = turned(tensor, [0, 3, 1, 2]);
    expect(found[name]!.dims, name).toEqual(nchw.shape);
    const error = maxRelativeError(found[name]!.data as Float32Array, nchw.dataSync());
    expect(error, name).toBeLessThan(1e-5);
    nchw.dispose();
  }
}

const PYRAMIDS: Readonly<Record<string, FpnConfig>> = {
  'a pooled level': { inChannels: [3, 4, 5, 6], channels: 4 },
  'norms and further convolutions': {
    ...{ inChannels: [3, 4, 5], channels: 4, norm: 'batch' },
    extra: { kind: 'conv', source: 'c5' },
  },
};

describeBackends(
  'parts of an ONNX graph',
  activate,
  () => {
    test.each(Object.entries(HEADS))('head, %s: gives in onnxruntime what it gives here', async (_, plan) => {
      const weights = weightsOf(plan);
      for (const count of [2, 0]) {
        const x = hashedTensor<tf.Rank.R4>('x', [count, 4, 5, 3]);
        const graph = new OnnxGraph();
        const head = await onnxHead(graph, 'export', weights, plan as HeadPlan<string>, 3);
        const found = await run(graph, { x }, head(graph.input('x')));
        const { outputs } = runHead('run', weights, x, plan as HeadPlan<string>);
        if (count > 0) expectSame(found, outputs);
        // Nothing, of the right size.
        else for (const name of Object.keys(outputs)) expect(found[name]!.dims[0], name).toBe(0);
        tf.dispose([x, outputs]);
      }
      tf.dispose(weights);
    });

    test.each(Object.entries(PYRAMIDS))(
      'pyramid with %s: gives in onnxruntime what it gives here',
      async (_, config) => {
        const weights = initialWeights(fpnShapes(config));
        const first = 6 - config.inChannels.length;
        // Sizes that are not twice the next one's.
        const features = Object.fromEntries(
          config.inChannels.map((channels, i) => {
            const [height, width] = [29, 50].map((side) => Math.ceil(side / 2 ** i)) as [number, number];
            return [`c${first + i}`, hashedTensor<tf.Rank.R4>(`c${i}`, [2, height, width, channels])];
          }),
        );
        const graph = new OnnxGraph();
        const inputs = Object.keys(features).map((name) => graph.input(name));
        const levels = await onnxFpn(graph, 'export', weights, config, inputs);
        const expected = fpn(weights, features, config);
        expectSame(await run(graph, features, levels), expected.levels);
        tf.dispose([weights, features, expected.levels, expected.statistics]);
      },
    );

    test('numbers of a head that sees several maps are in the file once', async () => {
      const plan = HEADS['two outputs of one trunk'] as HeadPlan<string>;
      const weights = weightsOf(plan);
      const graph = new OnnxGraph();
      const head = await onnxHead(graph, 'export', weights, plan, 3);
      head(graph.input('x'));
      const constants = graph.initializers.length;
      head(graph.input('y'));
      expect(graph.initializers.length).toBe(constants);
      const names = graph.nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name));
      expect(new Set(names).size).toBe(names.length);
      tf.dispose(weights);
    });
  },
  ['native'],
);
