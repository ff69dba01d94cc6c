import { readFileSync } from 'node:fs';
import { loadFixture } from '@icconv/test-utils';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { readStateDict } from '../../src/state-dict';
import {
  convertWeights,
  loadStateDict,
  openWeights,
  RefusedPickleError,
  type StateDictReport,
  type WeightFile,
} from '../../src/weights';
import { failure, fixture, temporaryFolder } from './helpers';

const folder = temporaryFolder();
const pickle = (name: string) => fixture(`pickles/${name}`);
const PROTOCOLS = [0, 1, 2, 3, 4, 5];

async function opened<T>(name: string, use: (file: WeightFile) => Promise<T> | T): Promise<T> {
  const file = await openWeights(pickle(name));
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function numbers(file: WeightFile): Promise<Record<string, number[]>> {
  const result: Record<string, number[]> = {};
  for (const name of file.entries.keys()) result[name] = [...(await file.read(name, { dtype: 'float64' }))];
  return result;
}

const expectedTensors = {
  'state_dict.weight': [0, 1, 2, 3, 4, 5],
  'state_dict.half': [0.5, -2],
  'state_dict.brain': [0.5, -2],
  'state_dict.long': [2 ** 40, -1],
  'state_dict.flag': [1, 0],
  'state_dict.parameter': [1, 1],
  'state_dict.column': [1, 4],
  'numpy.array': [0, 1, 2, 3, 4, 5],
  'numpy.fortran': [0, 1, 2, 3, 4, 5],
  'numpy.big': [0, 1, 2],
  'numpy.empty': [],
};

describe.each(PROTOCOLS.flatMap((protocol) => [`objects.p${protocol}.pth`, `objects.p${protocol}.legacy.pth`]))(
  '%s',
  (name) => {
    it('gives the tensors, and none from inside an object', async () => {
      const tensors = await opened(name, numbers);
      // The state of numpy's generator is an array of its own, of 624 words.
      expect(tensors['numpy.random.1']).toHaveLength(624);
      delete tensors['numpy.random.1'];
      expect(tensors).toEqual(expectedTensors);
    });

    it('gives plain values', async () => {
      const metadata = await opened(name, (file) => Object.fromEntries(file.metadata));
      const numbers = [0, 1, -1, 255, 65536, -(2 ** 31), 2 ** 31, 9007199254740994n, -(2n ** 80n), 1.5, -0];
      expect(metadata).toMatchObject({
        ...Object.fromEntries(numbers.map((value, i) => [`plain.numbers.${i}`, value])),
        'plain.numbers.11': Number.POSITIVE_INFINITY,
        'plain.truth.0': true,
        'plain.truth.1': false,
        'plain.truth.2': null,
        'plain.texts.2': 'back\\slash \'quote\' "double"',
        'plain.texts.3': 'line\nbreak\ttab\0nul\x1a',
        'plain.texts.4': 'ÆØÅ ŵ \u{1f600}',
        'plain.texts.5': '\\u0041',
        'plain.1,2': 'tuple key',
        'plain.3': 'number key',
        'plain.null': 'no key',
        'collections.int.a': 1,
        'collections.list.a.0': 1,
        'collections.str.a': 'x',
        'collections.counter.a': 2,
        'collections.deque.1': 2,
        'collections.ordered.a': 1,
        'collections.complex.1': 2,
        'numpy.scalar': 0.25,
        'numpy.int': -3,
        'numpy.bool': true,
        'hyper_parameters.namespace.lr': 0.02,
        'hyper_parameters.namespace.nested.name': 'x',
        'hyper_parameters.simple.a': 1,
        'hyper_parameters.easy.lr': 0.5,
        'hyper_parameters.node.SOLVER.LR': 0.25,
        'hyper_parameters.attributes.lr': 0.125,
        epoch: 3,
      });
    });

    it('keeps objects closed, whatever they hold', async () => {
      const skipped = await opened(name, (file) => [...file.skipped.values()]);
      const classes = Object.fromEntries(
        skipped.map((entry) => [entry.name, entry.kind === 'object' ? entry.type : '']),
      );
      expect(classes).toMatchObject({
        history: 'mmengine.logging.history_buffer.HistoryBuffer',
        'hyper_parameters.omega': 'omegaconf.dictconfig.DictConfig',
        'hyper_parameters.dataclass': 'train.TrainConfig',
        'hyper_parameters.enum': 'train.Mode',
        'hyper_parameters.point': 'shapes.Point',
        'hyper_parameters.partial': 'functools.partial',
      });
      const loss = skipped.find((entry) => entry.name === 'hyper_parameters.loss');
      // A module's weights are not the checkpoint's.
      if (name !== 'objects.p0.legacy.pth') expect(loss).toMatchObject({ kind: 'object', tensors: 1 });
    });

    it('is the same in every protocol and container', async () => {
      const facts = (file: WeightFile) => [...file.metadata];
      expect(await opened(name, facts)).toEqual(await opened('objects.p4.pth', facts));
    });
  },
);

describe('pickles of NumPy arrays', () => {
  const files = [
    ...PROTOCOLS.map((protocol) => `zoo.p${protocol}.pkl`),
    ...[0, 1, 2].map((protocol) => `zoo.python2.p${protocol}.pkl`),
  ];

  it.each(files)('%s', async (name) => {
    await opened(name, async (file) => {
      expect(file.format).toBe('pickle');
      expect(file.metadata.get('__author__')).toBe('Model Zoo');
      expect(file.metadata.get('model.steps')).toBe(90000);
      const { shape } = file.entries.get('model.head.weight')!;
      const head = await file.read('model.head.weight');
      expect(shape[1]).toBe(200);
      expect([...head]).toEqual(Array.from({ length: shape[0]! * 200 }, (_, i) => i));
      expect([...(await file.read('model.backbone.bias'))]).toEqual([0, 1, 2, 3]);
    });
    const filter = (file: WeightFile) => file.read('model.backbone.weight');
    expect(await opened(name, filter)).toEqual(await opened('zoo.p4.pkl', filter));
    const weights = await loadStateDict(pickle(name));
    expect(Object.keys(weights)).toEqual(['backbone.weight', 'backbone.bias', 'head.weight']);
    for (const tensor of Object.values(weights)) tensor.dispose();
  });

  it('without arrays there is nothing to read', async () => {
    const plain = Buffer.from('\x80\x04}\x94\x8c\x01aK\x01s.', 'latin1');
    await expect(openWeights(plain)).rejects.toThrow('a plain pickle without NumPy arrays');
  });
});

describe('tensors of kinds that are not read', () => {
  const REASONS = {
    meta: 'a meta tensor: it has a shape, but no data',
    quantized: 'a quantized tensor',
    sparse: 'a sparse tensor',
    csr: 'a sparse tensor',
    negative: 'a view that is marked neg',
    conjugate: 'a view that is marked conj',
    objects: 'a NumPy array of Python objects',
    texts: 'a NumPy array of the type "U2"',
  };

  it.each([
    [
      'kinds.pth',
      { ...REASONS, complex_half: 'its element type complex32', small: 'its element type float4_e2m1fn_x2' },
    ],
    ['kinds.legacy.pth', REASONS],
  ])('%s: are listed with a reason, and the others are read', async (name, reasons) => {
    await opened(name, async (file) => {
      expect(await numbers(file)).toEqual({ ok: [0, 1, 2, 3], last: [0, 1, 2] });
      expect([...file.skipped.keys()].sort()).toEqual(Object.keys(reasons).sort());
      for (const [tensor, reason] of Object.entries(reasons)) {
        expect(file.skipped.get(tensor)!.reason, tensor).toContain(reason);
        await expect(file.read(tensor)).rejects.toThrow(`entry "${tensor}": cannot be read: ${reason}`);
      }
    });
  });

  it('are an error only where a model asks for them', async () => {
    let report: StateDictReport | undefined;
    const weights = await loadStateDict(pickle('kinds.pth'), { onReport: (given) => (report = given) });
    for (const tensor of Object.values(weights)) tensor.dispose();
    expect(Object.keys(weights)).toEqual(['ok', 'last']);
    expect(report!.unreadable).toContainEqual({ name: 'meta', reason: 'a meta tensor: it has a shape, but no data' });
    const error = await failure(loadStateDict(pickle('kinds.pth'), { expected: { ok: [4], last: [3], meta: [2, 3] } }));
    expect(error.message).toContain('entry "meta": cannot be read: a meta tensor');
  });

  it('are left out of a converted file, and named', async () => {
    const report = await convertWeights(pickle('kinds.pth'), folder.file('kinds.safetensors'));
    expect(report.tensors).toBe(2);
    expect(report.unreadable.map(({ name }) => name)).toContain('quantized');
  });

  it('of a type that a safetensors file has and nobody here reads', async () => {
    const header = JSON.stringify({
      a: { dtype: 'F4', shape: [4], data_offsets: [0, 2] },
      b: { dtype: 'U8', shape: [2], data_offsets: [2, 4] },
    });
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(header.length));
    const file = await openWeights(Buffer.concat([head, Buffer.from(header), Buffer.from([1, 2, 3, 4])]));
    expect([...(await file.read('b'))]).toEqual([3, 4]);
    await expect(file.read('a')).rejects.toThrow('its element type F4 is not read');
  });
});

describe('8-bit floats', () => {
  const expected = loadFixture(pickle('float8.safetensors'));

  it('all 256 values of each type are torch’s', async () => {
    await opened('float8.pth', async (file) => {
      expect(file.entries.size).toBe(5);
      for (const [name, { data }] of Object.entries(expected)) {
        expect(file.entries.get(name)!.dtype).toBe(name);
        expect(await file.read(name), name).toEqual(new Float32Array(data as Float32Array));
      }
    });
  });

  it('are widened on request, and copied bit by bit otherwise', async () => {
    await convertWeights(pickle('float8.pth'), folder.file('wide.safetensors'), { dtype: 'float32' });
    await convertWeights(pickle('float8.pth'), folder.file('same.safetensors'));
    const [wide, same] = [
      await openWeights(folder.file('wide.safetensors')),
      await openWeights(folder.file('same.safetensors')),
    ];
    for (const [name, { data }] of Object.entries(expected)) {
      expect(wide.entries.get(name)!.dtype).toBe('float32');
      expect(await wide.read(name)).toEqual(new Float32Array(data as Float32Array));
      expect([...(await same.readRaw(name))]).toEqual(Array.from({ length: 256 }, (_, i) => i));
    }
    await wide.close();
    await same.close();
  });
});

describe('weights inside an object', () => {
  it('are not taken from it: a module where the state dict is looked for', async () => {
    await opened('module.pth', async (file) => {
      expect([...file.entries.keys()]).toEqual(['optimizer.momentum']);
      const error = await failure(readStateDict(file));
      expect(error).toBeInstanceOf(RefusedPickleError);
      expect(error.message).toContain('entry "model": the weights are inside an object');
      expect(error.message).toContain('torch.nn.modules.linear.Linear');
      expect(error.message).toContain('Save `model.state_dict()`');
    });
  });

  it('a module beside a state dict does no harm', async () => {
    const weights = await loadStateDict(pickle('module-beside-state.pth'));
    expect(Object.keys(weights)).toEqual(['weight', 'bias']);
    for (const tensor of Object.values(weights)) tensor.dispose();
  });
});

describe('checksums', () => {
  const flipped = (name: string, at: (bytes: Buffer) => number) => {
    const bytes = readFileSync(pickle(name));
    bytes[at(bytes)]! ^= 1;
    return bytes;
  };
  const dataOf = (bytes: Buffer) =>
    bytes.indexOf(Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer), bytes.indexOf('/data/0')) + 9;

  it('a flipped bit in a tensor is found when it is read, and does not keep the others from being read', async () => {
    const file = await openWeights(flipped('objects.p4.pth', dataOf));
    const problem = 'its checksum does not fit its bytes: damaged';
    await expect(file.read('state_dict.weight')).rejects.toThrow(problem);
    await expect(file.readRaw('state_dict.weight')).rejects.toThrow(problem);
    expect([...(await file.read('state_dict.parameter'))]).toEqual([1, 1]);
    await file.close();
  });

  it('a flipped bit in the pickle is found', async () => {
    const bytes = flipped('objects.p4.pth', (all) => all.indexOf('tuple key'));
    await expect(openWeights(bytes)).rejects.toThrow('entry "objects.p4/data.pkl": its checksum does not fit');
  });

  it('an archive that torch wrote without checksums is read', async () => {
    expect(await opened('no-checksums.pth', numbers)).toEqual({ weight: [0, 1, 2] });
  });
});
