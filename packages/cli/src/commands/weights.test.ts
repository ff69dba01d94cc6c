import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWeights, writePytorch } from '@icconv/tensor-ops/weights';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgram } from '../program';
import { reportFailure } from '../ui/failure';

const printed: string[] = [];
let folder: string;
const path = (name: string) => join(folder, name);

function tensor(name: string, ...shape: number[]) {
  const length = shape.reduce((product, n) => product * n, 1);
  const data = Float32Array.from({ length }, (_, i) => i / 8);
  return { name, shape, dtype: 'float32' as const, read: async () => new Uint8Array(data.buffer) };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-weights-'));
  const tensors = [
    tensor('module.layer1.0.conv2.conv_list.0.weight', 3, 2, 3, 3),
    tensor('module.layer1.0.conv2.conv_list.1.weight', 1, 2, 3, 3),
    tensor('module.fc.bias', 10),
  ];
  await writePytorch(path('ckpt.pth.tar'), tensors, { container: 'state_dict', metadata: { epoch: 14 } });
  writeFileSync(path('pattern.json'), '[{"(0, 0)": 3, "(0, 1)": 0, "(1, 0)": 0, "(1, 1)": 1}]');
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const run = async (...args: string[]) =>
  (await createProgram({ signal: new AbortController().signal }, args)).parseAsync(args, { from: 'user' });
const shapes = async (file: string) => {
  const weights = await openWeights(file);
  await weights.close();
  return Object.fromEntries(
    [...weights.entries.values()].map(({ name, shape, dtype }) => [name, `${dtype} ${shape.join('x')}`]),
  );
};

describe('icconv inspect', () => {
  test('lists type, shape, size and name, and the sum', async () => {
    await run('inspect', path('ckpt.pth.tar'), '--metadata');
    expect(printed).toEqual(
      [
        'float32  3x2x3x3  216 B  state_dict.module.layer1.0.conv2.conv_list.0.weight',
        'float32  1x2x3x3  72 B  state_dict.module.layer1.0.conv2.conv_list.1.weight',
        'float32  10  40 B  state_dict.module.fc.bias',
        'metadata  epoch = 14',
        'pytorch: 3 tensors, 82 elements, 328 B',
      ].map((line) =>
        expect.stringMatching(new RegExp(`^\\s*${line.replaceAll('.', '\\.').replaceAll(/ +/g, ' +')}$`)),
      ),
    );
  });

  test('--json --filter prints the same as data', async () => {
    await run('inspect', path('ckpt.pth.tar'), '--json', '--filter', 'fc');
    expect(JSON.parse(printed.join('\n'))).toEqual({
      path: path('ckpt.pth.tar'),
      format: 'pytorch',
      tensors: [{ name: 'state_dict.module.fc.bias', dtype: 'float32', shape: [10], bytes: 40 }],
      unreadable: [],
      objects: [],
      metadata: { epoch: 14 },
    });
  });

  test('says what is wrong with a file', async () => {
    await expect(run('inspect', path('pattern.json'))).rejects.toThrow(
      'pattern.json: neither safetensors nor a PyTorch checkpoint (it begins with 5b 7b 22',
    );
  });
});

describe('icconv inspect of a file with more tensors than a call has arguments', { timeout: 60_000 }, () => {
  test('lists them', async () => {
    const names = Array.from({ length: 130_000 }, (_, i) => [
      `t${i}`,
      { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
    ]);
    const header = Buffer.from(JSON.stringify(Object.fromEntries(names)));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(path('many.safetensors'), Buffer.concat([length, header]));
    await run('inspect', path('many.safetensors'));
    expect(printed).toHaveLength(130_001);
  });
});

describe('icconv convert', () => {
  test('joins branches by a pattern, in halves, and splits them again', async () => {
    const pattern = ['--pattern', path('pattern.json')];
    await run(
      'convert',
      path('ckpt.pth.tar'),
      path('joined.safetensors'),
      '--branches',
      'join',
      ...pattern,
      '--dtype',
      'float16',
    );
    expect(await shapes(path('joined.safetensors'))).toEqual({
      'layer1.0.conv2.weight': 'float16 4x2x3x3',
      'fc.bias': 'float16 10',
    });
    expect(printed).toEqual([
      `${path('joined.safetensors')}: 2 tensors from state_dict, 164 B`,
      'removed prefix module.',
      'joined the branches of 1 layer',
    ]);
    await run(
      'convert',
      path('joined.safetensors'),
      path('split.pth'),
      '--branches',
      'split',
      ...pattern,
      '--into',
      'model',
    );
    expect(Object.keys(await shapes(path('split.pth')))).toEqual(
      expect.arrayContaining(['model.fc.bias', 'model.layer1.0.conv2.conv_list.1.weight']),
    );
  });

  test('a part of a file, in the other layout, in shards', async () => {
    const flags = ['--prefix', 'layer1.', '--layout', 'tensorflow', '--max-shard', '0.0001', '--json'];
    await run('convert', path('ckpt.pth.tar'), path('part.safetensors'), ...flags);
    const report = JSON.parse(printed[0]!) as { path: string; ignored: string[] };
    expect(report.ignored).toEqual(['state_dict.module.fc.bias']);
    expect(await shapes(report.path)).toMatchObject({ '0.conv2.conv_list.0.weight': 'float32 3x3x2x3' });
  });

  test('another pattern is refused', async () => {
    writeFileSync(path('other.json'), '[{"(0, 0)": 2, "(1, 1)": 2}]');
    const flags = ['--branches', 'join', '--pattern', path('other.json')];
    await expect(run('convert', path('ckpt.pth.tar'), path('x.safetensors'), ...flags)).rejects.toThrow(
      "the file's branches hold 3, 1 filters, the pattern says 2, 2",
    );
  });

  test('notes in a safetensors header that published batch norms have no epsilon', async () => {
    const published = path('fasterrcnn_resnet50_fpn_coco-258fb6c6.pth');
    await writePytorch(published, [tensor('backbone.body.bn1.running_var', 4)]);
    await run('convert', published, path('converted.safetensors'));
    expect(printed.join('\n')).toContain('batch norms with an epsilon of 0, noted in the file');
    const weights = await openWeights(path('converted.safetensors'));
    await weights.close();
    expect(weights.metadata.get('icconv.batchNormEpsilon')).toBe('0');
    // It goes along with further conversions, and is told where it is lost.
    await run('convert', path('converted.safetensors'), path('again.pth'));
    expect(printed.join('\n')).toContain('epsilon of 0, which this file cannot say');
  });
});

/** A pickle that calls `posix.system`, beside an array of one byte. */
const callsSystem = Buffer.from(
  '\x80\x04}(X\x01\x00\x00\x00wcnumpy.core.numeric\n_frombuffer\n(C\x01\x07cnumpy\ndtype\n(X\x02\x00\x00\x00u1tRK\x01\x85X\x01\x00\x00\x00CtR' +
    'X\x04\x00\x00\x00hookcposix\nsystem\n(X\x04\x00\x00\x00ruintRu.',
  'latin1',
);

const program = await createProgram({ signal: new AbortController().signal });

describe('options of commands that open weights', () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const nameOf = (command: Command): string =>
    command.parent === null || command.parent === undefined ? '' : `${nameOf(command.parent)} ${command.name()}`.trim();

  test('every one of them has --opaque and --weight-limit, which take one value each', () => {
    const having = all(program).filter((command) => command.options.some(({ long }) => long === '--opaque'));
    expect(having.map(nameOf).sort()).toEqual(
      [
        'classify',
        'convert',
        'detect',
        'eval classification',
        'eval detection',
        'eval pose',
        'export onnx',
        'inspect',
        'pose',
        'reproduce classification',
        'reproduce detection',
        'reproduce pose',
        'search',
        'serve',
        'train classification',
        'train detection',
        'train pose',
      ].sort(),
    );
    for (const command of having) {
      for (const flag of ['--opaque', '--weight-limit']) {
        const option = command.options.find(({ long }) => long === flag)!;
        expect([nameOf(command), option.required, option.variadic]).toEqual([nameOf(command), true, false]);
      }
    }
  });

  test('a refused name is let through by the flag that the message tells, in front of the file', async () => {
    writeFileSync(path('zoo.pkl'), callsSystem);
    const failure = await run('inspect', path('zoo.pkl')).catch((error: unknown) => error);
    const shown: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((text: string) => void shown.push(text));
    const inspect = program.commands.find((command) => command.name() === 'inspect');
    expect(reportFailure(failure, inspect)).toBe(1);
    expect(shown[0]).toContain('the pickle calls for posix.system (os.system in Python)');
    expect(shown[0]).toContain('have it kept as data by the option --opaque posix.system');
    await run('inspect', '--opaque', 'posix.system', path('zoo.pkl'));
    expect(printed.join('\n')).toMatch(/uint8 +1 +1 B +w/);
  });

  test('a bound is raised by the flag that the message tells', async () => {
    writeFileSync(path('zoo.pkl'), callsSystem);
    const flags = ['--opaque', 'posix.system', '--weight-limit', 'maxProducedBytes=100'];
    const failure = await run('convert', ...flags, path('zoo.pkl'), path('x.pth')).catch((error: unknown) => error);
    const shown: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((text: string) => void shown.push(text));
    reportFailure(
      failure,
      program.commands.find((command) => command.name() === 'convert'),
    );
    expect(shown[0]).toContain('is read with a larger option --weight-limit maxProducedBytes=<number>');
  });
});
