import { readFileSync } from 'node:fs';
import { loadFixture, testData } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  convertWeights,
  countsByLayer,
  loadStateDict,
  openWeights,
  StateDictMismatchError,
  type StateDictReport,
  saveStateDict,
  writeSafetensors,
} from '../../src/weights';
import { failure, fixture, temporaryFolder } from './helpers';

const folder = temporaryFolder();
const expected = loadFixture(fixture('expected.safetensors'));
const COUNTS = { 'layer1.0.conv2': [3, 0, 1, 2] };
let tensors = 0;

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors, 'tensors left over').toBe(tensors));

async function load(...args: Parameters<typeof loadStateDict>) {
  let report: StateDictReport | undefined;
  const options = { onReport: (value: StateDictReport) => (report = value), ...args[1] };
  const weights = await loadStateDict(args[0], options as Parameters<typeof loadStateDict>[1]);
  return { weights, report: report!, values: await values(weights) };
}

async function values(weights: Record<string, tf.Tensor>) {
  const list = Object.entries(weights).map(
    async ([name, x]) => [name, { shape: x.shape, data: await x.data() }] as const,
  );
  const result = Object.fromEntries(await Promise.all(list));
  tf.dispose(weights);
  return result;
}

const shapesOf = (all: Record<string, { shape: number[] }>) =>
  Object.fromEntries(Object.entries(all).map(([name, { shape }]) => [name, shape]));

describe('loading a state dict', () => {
  it('gives TensorFlow layouts, one filter for the branches, and no batch counter', async () => {
    const { report, values: loaded } = await load(fixture('network.pth'), { inceptionCounts: COUNTS });
    expect(shapesOf(loaded)).toEqual({
      'conv1.weight': [3, 3, 3, 4],
      'bn1.weight': [4],
      'bn1.bias': [4],
      'bn1.running_mean': [4],
      'bn1.running_var': [4],
      'layer1.0.conv2.weight': [3, 3, 4, 6],
      'deconv_layers.0.weight': [4, 4, 5, 6],
      'fc.weight': [6, 7],
      'fc.bias': [7],
    });
    expect(report).toMatchObject({
      dropped: ['bn1.num_batches_tracked'],
      joined: ['layer1.0.conv2.weight'],
      ignored: [],
    });
    const at = (name: string, index: number) => expected[`network/${name}`]!.data[index];
    // HWIO against OIHW, IO against OI, and the branches side by side.
    for (let o = 0; o < 6; o++) {
      const [branch, first] = o < 3 ? [0, 0] : o < 4 ? [1, 3] : [2, 4];
      for (let i = 0; i < 4; i++) {
        for (let p = 0; p < 9; p++) {
          const stored = at(`layer1.0.conv2.conv_list.${branch}.weight`, ((o - first) * 4 + i) * 9 + p);
          expect(loaded['layer1.0.conv2.weight']!.data[(p * 4 + i) * 6 + o]).toBe(stored);
        }
      }
    }
    for (let o = 0; o < 7; o++) {
      for (let i = 0; i < 6; i++) expect(loaded['fc.weight']!.data[i * 7 + o]).toBe(at('fc.weight', o * 6 + i));
    }
  });

  it.each(['half.pth', 'bfloat16.pth', 'bfloat16.legacy.pth', 'network.legacy.pth', 'deflated.pth'])(
    '%s gives what the network has, to the precision of its numbers',
    async (name) => {
      const topic = name.startsWith('deflated') ? 'network' : name.split('.')[0]!;
      const { values: loaded } = await load(fixture(name), { inceptionCounts: [COUNTS['layer1.0.conv2']] });
      const stored = expected[`${topic}/deconv_layers.0.weight`]!.data;
      const filter = loaded['deconv_layers.0.weight']!.data;
      for (let c = 0; c < 6; c++) {
        for (let o = 0; o < 5; o++) {
          for (let p = 0; p < 16; p++) expect(filter[(p * 5 + o) * 6 + c]).toBe(stored[(c * 5 + o) * 16 + p]);
        }
      }
    },
  );

  it('unwraps a training checkpoint, its DataParallel prefix, and the moving average on request', async () => {
    const plain = await load(fixture('training.pth'), { inceptionCounts: COUNTS });
    expect(plain.report).toMatchObject({ container: 'state_dict', strippedPrefixes: ['module.'] });
    expect(plain.report.ignored).toContain('ema_state_dict.module.conv1.weight');
    expect(plain.report.ignored).toContain('optimizer.state.0.exp_avg');
    expect(plain.values['bn1.bias']!.data[0]).toBe(expected['network/bn1.bias']!.data[0]);
    const average = await load(fixture('training.legacy.pth'), { inceptionCounts: COUNTS, ema: true });
    expect(average.report).toMatchObject({ container: 'ema_state_dict', strippedPrefixes: ['module.'] });
    expect([...average.values['bn1.bias']!.data]).toEqual([1, 1, 1, 1]);
  });

  it('takes a part by its prefix', async () => {
    const { report, values: loaded } = await load(fixture('mm.pth'), { prefix: 'backbone.', inceptionCounts: COUNTS });
    expect(report.strippedPrefixes).toEqual(['backbone.']);
    expect(report.ignored).toContain('state_dict.neck.bias');
    expect(Object.keys(loaded)).toHaveLength(9);
  });

  it.each([
    [{ container: 'weights' }, 'there are no tensors under "weights"; there are numpy_array'],
    [
      { prefix: 'backbone.' },
      'no tensor has the prefix "backbone."; names begin with conv1, bn1, layer1, deconv_layers, fc',
    ],
  ])('says what there is when %o finds nothing', async (options, message) => {
    const error = await failure(loadStateDict(fixture('training.pth'), options));
    expect(error).toBeInstanceOf(StateDictMismatchError);
    expect(error.message.replace('the tensors lie at the top level', '')).toContain(
      message.replace('numpy_array', 'state_dict'),
    );
  });

  it('says that a file has no moving average', async () => {
    await expect(loadStateDict(fixture('network.pth'), { ema: true })).rejects.toThrow('holds no moving average');
  });

  it('finds the averages that lie beside each tensor', async () => {
    const one = (value: number) => ({
      shape: [1],
      dtype: 'float32' as const,
      read: async () => new Uint8Array(Float32Array.of(value).buffer),
    });
    const path = await writeSafetensors(folder.file('beside.safetensors'), [
      { name: 'a.bias', ...one(1) },
      { name: 'ema_a_bias', ...one(2) },
    ]);
    expect((await load(path)).values).toEqual({ 'a.bias': { shape: [1], data: Float32Array.of(1) } });
    expect((await load(path, { ema: true })).values).toEqual({ 'a.bias': { shape: [1], data: Float32Array.of(2) } });
  });
});

describe('what does not fit', () => {
  const model = {
    'conv1.weight': [3, 3, 3, 4],
    'bn1.weight': [4],
    'bn1.bias': [4],
    'bn1.running_mean': [4],
    'bn1.running_var': [4],
    'layer1.0.conv2.weight': [3, 3, 4, 6],
    'deconv_layers.0.weight': [4, 4, 5, 6],
    'fc.weight': [6, 7],
    'fc.bias': [7],
  };
  const options = { inceptionCounts: COUNTS, expected: model };
  const message = async (more: Parameters<typeof loadStateDict>[1]) =>
    (await failure(loadStateDict(fixture('network.pth'), { ...options, ...more }))).message;

  it('fits when all is right', async () => {
    const { report } = await load(fixture('network.pth'), options);
    expect(report).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
  });

  it('names missing and unknown tensors, and bears them when not strict', async () => {
    const { 'fc.bias': _, ...rest } = model;
    const other = { ...rest, 'fc.scale': [7] };
    expect(await message({ expected: other })).toMatch(
      /1 missing from the file: fc.scale; 1 unknown to the model: fc.bias$/,
    );
    const { report, values: loaded } = await load(fixture('network.pth'), {
      ...options,
      expected: other,
      strict: false,
    });
    expect(report).toMatchObject({ missing: ['fc.scale'], unexpected: ['fc.bias'] });
    expect(Object.keys(loaded)).not.toContain('fc.bias');
  });

  it.each<[string, keyof typeof model, number[], string]>([
    [
      'another number of classes',
      'fc.weight',
      [6, 80],
      'another number of classes (7 outputs in the file, 80 in the model)',
    ],
    ['the other layout', 'fc.weight', [7, 6], "the other framework's order"],
    ['the other layout of a filter', 'conv1.weight', [3, 4, 3, 3], "the other framework's order"],
    ['another width', 'bn1.bias', [8], 'another width or depth'],
    ['another architecture', 'conv1.weight', [7, 7, 3, 4], 'another kernel size'],
    ['a search network', 'deconv_layers.0.weight', [3, 3, 5, 6], "a search network's 4 x 4 kernel"],
    ['another kind', 'bn1.bias', [4, 1], 'a tensor of another kind'],
    ['another cardinality', 'conv1.weight', [3, 3, 1, 4], 'groups or input channels'],
  ])('guesses %s', async (_, name, shape, cause) => {
    const text = await message({ expected: { ...model, [name]: shape } });
    expect(text).toContain(`${name} has shape [${model[name].join(', ')}], the model expects [${shape.join(', ')}]: `);
    expect(text).toContain(cause);
    const { report } = await load(fixture('network.pth'), {
      ...options,
      expected: { ...model, [name]: shape },
      skipMismatched: true,
    });
    expect(report.mismatched).toMatchObject([{ name, expected: shape, received: model[name] }]);
  });

  it('an inception checkpoint into a plain model', async () => {
    const error = await failure(loadStateDict(fixture('network.pth'), { expected: model }));
    expect(error.message).toContain(
      'an inception checkpoint: 1 layers hold branches (conv_list), from layer1.0.conv2 on',
    );
    expect(await message({ inceptionCounts: {} })).toContain('a plain model cannot use them');
  });

  it('a pattern of another network', async () => {
    expect(await message({ inceptionCounts: { 'layer1.0.conv2': [2, 2, 2] } })).toContain(
      "the file's branches hold 3, 1, 2 filters, the pattern says 2, 2, 2",
    );
    expect(await message({ inceptionCounts: [[3, 1, 2], [6]] })).toContain('has 1 inception layers, the pattern has 2');
    expect(() => countsByLayer(['a'], [], 'x')).toThrow('x: has 1 inception layers, the pattern has 0');
  });

  it('names without anything in common', async () => {
    expect(await message({ expected: { 'a.weight': [1] } })).toContain('no name fits: the file has conv1.weight');
  });

  it('a plain checkpoint into an inception model is fine, and is reported', async () => {
    const { report } = await load(fixture('network.pth'), { inceptionCounts: { ...COUNTS, conv1: [2, 2] } });
    expect(report.plain).toEqual(['conv1.weight']);
  });

  it('leaves no tensors behind when it is aborted', async () => {
    const abort = new AbortController();
    const onProgress = ({ bytes }: { bytes: number }) => bytes > 500 && abort.abort();
    await expect(
      loadStateDict(fixture('network.pth'), { inceptionCounts: COUNTS, onProgress, signal: abort.signal }),
    ).rejects.toThrow('abort');
  });
});

describe('saving a state dict', () => {
  const shape = (letters: string) => fc.tuple(...[...letters].map(() => fc.integer({ min: 1, max: 5 })));

  it('any weights come back, from either format and layout', async () => {
    const formats = fc.constantFrom(
      ['s.safetensors', 'pytorch'],
      ['s.safetensors', 'tensorflow'],
      ['s.pth', 'pytorch'],
    );
    const shapes = fc.record({
      conv: shape('HWIO'),
      linear: shape('IO'),
      line: shape('WIO'),
      cube: shape('DHWIO'),
      norm: shape('C'),
    });
    await fc.assert(
      fc.asyncProperty(
        formats,
        shapes,
        fc.boolean(),
        async ([file, layout], { conv, linear, line, cube, norm }, split) => {
          const weights = {
            'layer1.conv2.weight': tf.randomNormal(conv),
            'fc.weight': tf.randomNormal(linear),
            'line.weight': tf.randomNormal(line),
            'cube.weight': tf.randomNormal(cube),
            'bn.bias': tf.randomNormal(norm),
            'steps.count': tf.scalar(7, 'int32'),
            mask: tf.tensor([true, false], undefined, 'bool'),
          };
          const inceptionCounts = { 'layer1.conv2': [conv[3]! - 1, 0, 1] };
          const path = await saveStateDict(weights, folder.file(file!), {
            layout: layout as 'pytorch',
            ...(split ? { inceptionCounts } : {}),
          });
          const back = await load(path, split ? { inceptionCounts } : {});
          expect(back.values).toEqual(await values(weights));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('writes published branch names in halves, with a prefix, a container and metadata', async () => {
    const weights = { 'conv2.weight': tf.ones([3, 3, 2, 4]) };
    const path = await saveStateDict(weights, folder.file('published.pth.tar'), {
      dtype: 'float16',
      prefix: 'backbone.',
      inceptionCounts: { conv2: [1, 3] },
      metadata: { epoch: 14, config: { lr: 0.02 } },
    });
    tf.dispose(weights);
    const file = await openWeights(path);
    expect([...file.entries.values()].map(({ name, shape: s, dtype }) => [name, s.join('x'), dtype])).toEqual([
      ['state_dict.backbone.conv2.conv_list.0.weight', '1x2x3x3', 'float16'],
      ['state_dict.backbone.conv2.conv_list.1.weight', '3x2x3x3', 'float16'],
    ]);
    expect(file.metadata.get('config.lr')).toBe(0.02);
    await file.close();
  });

  it('refuses counts that do not sum to the filters, and files of unknown kinds', async () => {
    const weights = { 'conv2.weight': tf.ones([1, 1, 1, 4]) };
    await expect(saveStateDict(weights, folder.file('x.pth'), { inceptionCounts: { conv2: [1, 2] } })).rejects.toThrow(
      "conv2.weight has 4 filters, the pattern's counts sum to 3",
    );
    await expect(saveStateDict(weights, folder.file('x.h5'))).rejects.toThrow('one that ends in .safetensors or .pth');
    await expect(saveStateDict(weights, folder.file('x.pth'), { layout: 'tensorflow' })).rejects.toThrow(
      "'pytorch' for a",
    );
    tf.dispose(weights);
  });

  it('opens a safetensors file whose header length begins like a pickle', async () => {
    // A header of 128 bytes: the first byte of the file is that of a pickle.
    const name = 'x'.repeat(128 - JSON.stringify({ '': { dtype: 'F32', shape: [0], data_offsets: [0, 0] } }).length);
    const path = await writeSafetensors(folder.file('header128.safetensors'), [
      { name, shape: [0], dtype: 'float32', read: async () => new Uint8Array(0) },
    ]);
    expect(readFileSync(path)[0]).toBe(0x80);
    const file = await openWeights(path);
    expect([...file.entries.keys()]).toEqual([name]);
    await file.close();
  });
});

describe('converting files', () => {
  it('keeps every bit from one format to the other and back', async () => {
    const first = await convertWeights(fixture('training.legacy.pth'), folder.file('a.safetensors'));
    expect(first).toMatchObject({ tensors: 12, container: 'state_dict', strippedPrefixes: ['module.'] });
    await convertWeights(first.path, folder.file('b.pth'));
    const [source, target] = [await openWeights(fixture('network.pth')), await openWeights(folder.file('b.pth'))];
    expect(target.entries.size).toBe(12);
    for (const name of source.entries.keys())
      expect(await target.readRaw(name), name).toEqual(await source.readRaw(name));
    await source.close();
    await target.close();
  });

  it('joins branches by a pattern, changes layout and precision, shards, and splits again', async () => {
    const options = { inceptionCounts: COUNTS, toLayout: 'tensorflow', maxShardBytes: 1000 } as const;
    const joined = await convertWeights(fixture('bfloat16.pth'), folder.file('joined.safetensors'), {
      ...options,
      branches: 'join',
      dtype: 'float32',
    });
    expect(joined.path).toMatch(/joined\.safetensors\.index\.json$/);
    expect(joined.joined).toEqual(['layer1.0.conv2.weight']);
    const shapes = (await load(joined.path)).values;
    expect(shapes['layer1.0.conv2.weight']!.shape).toEqual([3, 3, 4, 6]);
    const split = await convertWeights(joined.path, folder.file('split.pth'), {
      inceptionCounts: COUNTS,
      branches: 'split',
      fromLayout: 'tensorflow',
      dtype: 'bfloat16',
    });
    const [source, target] = [await openWeights(fixture('bfloat16.pth')), await openWeights(split.path)];
    expect([...target.entries.keys()].sort()).toEqual([...source.entries.keys()].sort());
    const listed = await convertWeights(joined.path, folder.file('listed.pth'), {
      inceptionCounts: [COUNTS['layer1.0.conv2']],
      branches: 'split',
      fromLayout: 'tensorflow',
      dtype: 'bfloat16',
      into: 'state_dict',
    });
    const nested = await openWeights(listed.path);
    expect([...nested.entries.keys()].sort()).toEqual(
      [...target.entries.keys()].map((name) => `state_dict.${name}`).sort(),
    );
    await nested.close();
    for (const name of source.entries.keys())
      expect(await target.readRaw(name), name).toEqual(await source.readRaw(name));
    await source.close();
    await target.close();
  });

  it.skipIf(testData('pattern-zoo') === undefined)(
    'a published pattern gives the shapes of published checkpoints',
    async () => {
      const text = readFileSync(testData('pattern-zoo', 'detection_ic_resnet50_k9.json')!, 'utf8');
      const [counts] = (JSON.parse(text) as Record<string, number>[]).map((layer) => Object.values(layer));
      const weights = { 'layer1.0.conv2.weight': tf.zeros([3, 3, 64, 64]) };
      const path = await saveStateDict(weights, folder.file('zoo.pth'), {
        inceptionCounts: { 'layer1.0.conv2': counts! },
      });
      tf.dispose(weights);
      const file = await openWeights(path);
      expect([...file.entries.values()].map(({ shape: s }) => s[0])).toEqual([42, 5, 1, 4, 4, 3, 1, 1, 2, 1]);
      await file.close();
    },
  );
});
