/** `icconv init`: a file that trains what lies in the folder, in the layouts that data comes in. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@icconv/base/config';
import { trainingSchema } from '@icconv/task';
import { VisionError } from '@icconv/tensor-ops';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createProgram } from '../src/program';
import { TASKS } from '../src/tasks';
import { makeSigns, makeSquares } from './tiny-data';

const root = mkdtempSync(join(tmpdir(), 'icconv-cli-init-'));
const made = (name: string) => join(root, 'made', name);
let here: string;
let printed: string[];

beforeAll(async () => {
  for (const [name, make] of [
    ['squares', makeSquares],
    ['signs', makeSigns],
  ] as const) {
    mkdirSync(made(name), { recursive: true });
    await make((...names) => join(made(name), ...names), '');
    rmSync(join(made(name), 'train.yaml'));
  }
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  here = mkdtempSync(join(root, 'here-'));
  // Paths are told as they are seen from where the command runs.
  vi.spyOn(process, 'cwd').mockReturnValue(here);
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

const at = (...names: string[]) => join(here, ...names);
const icconv = async (...args: string[]) =>
  (await createProgram({ signal: new AbortController().signal }, args)).parseAsync(args, { from: 'user' });
const init = (...args: string[]) => icconv('init', ...args, '--out', at('train.yaml'));
const schemaOf = (name: string) => trainingSchema(TASKS.find(({ task }) => task.name === name)!.task);
const read = async (name: string) => {
  const { data, output } = await readConfig(at('train.yaml'), schemaOf(name));
  return { data, output };
};

test.each(['detection', 'pose'])('%s: everything that is commented out is a value as it would stand', async (task) => {
  const from = made(task === 'pose' ? 'signs' : 'squares');
  await init('--data', join(from, 'gt.json'), '--images', join(from, 'images'));
  expect(printed.join()).toContain(`icconv train ${task} --config`);
  const text = readFileSync(at('train.yaml'), 'utf8');
  expect(text).toMatch(new RegExp(`^# yaml-language-server: \\$schema=${task}.schema.json\n`));
  expect(JSON.parse(readFileSync(at(`${task}.schema.json`), 'utf8'))).toHaveProperty('anyOf');
  expect(await read(task)).toEqual({
    data: {
      train: { annotations: join('..', 'made', from.slice(made('').length), 'gt.json'), images: expect.any(String) },
    },
    output: `runs/${task}`,
  });
  const lines = text.split('\n');
  const commented = [...lines.entries()].filter(([, line]) => /^ *# \w+: ./.test(line));
  expect(commented.length).toBeGreaterThan(15);
  for (const [i, line] of commented) {
    writeFileSync(at('changed.yaml'), lines.with(i, line.replace('# ', '')).join('\n'));
    await expect(readConfig(at('changed.yaml'), schemaOf(task)), line).resolves.toBeDefined();
  }
  // Each has a line above that says what it is.
  for (const [i] of commented) expect(lines[i - 1]).toMatch(/^ *# [A-Z].*\.$/);
});

test('a file that is there is never written over', async () => {
  const from = made('squares');
  writeFileSync(at('train.yaml'), 'mine');
  const error = await init('--data', join(from, 'gt.json'), '--images', join(from, 'images')).catch((reason) => reason);
  expect(VisionError.isInstance(error) && error.message).toMatch(/--out must be a file that is not there yet/);
  expect(readFileSync(at('train.yaml'), 'utf8')).toBe('mine');
  expect(existsSync(at('detection.schema.json'))).toBe(false);
});

test('a schema that is there stays, and a preset that is none is refused', async () => {
  const data = ['--data', join(made('squares'), 'gt.json'), '--images', join(made('squares'), 'images')];
  writeFileSync(at('detection.schema.json'), '{}');
  await expect(init(...data, '--preset', 'huge')).rejects.toThrow('one of coco-1x, small');
  await init(...data, '--preset', 'coco-1x');
  expect(readFileSync(at('detection.schema.json'), 'utf8')).toBe('{}');
  expect(readFileSync(at('train.yaml'), 'utf8')).toMatch(/^preset: coco-1x$/m);
});

/** Pictures and annotations in the layouts that tools leave. */
const LAYOUTS: Readonly<Record<string, readonly [arrange: () => void, task: string, data: object]>> = {
  'one file beside its pictures': [
    () => cpSync(made('signs'), here, { recursive: true }),
    'pose',
    { train: { annotations: 'gt.json', images: 'images' } },
  ],
  'COCO’s own': [
    () => {
      mkdirSync(at('annotations'));
      for (const part of ['train', 'val']) {
        cpSync(join(made('squares'), 'images'), at(`${part}2017`), { recursive: true });
        cpSync(join(made('squares'), 'gt.json'), at('annotations', `instances_${part}2017.json`));
      }
    },
    'detection',
    {
      train: { annotations: 'annotations/instances_train2017.json', images: 'train2017' },
      val: { annotations: 'annotations/instances_val2017.json', images: 'val2017' },
    },
  ],
  'Roboflow’s': [
    () => {
      for (const part of ['train', 'valid']) {
        cpSync(join(made('squares'), 'images'), at(part), { recursive: true });
        cpSync(join(made('squares'), 'gt.json'), at(part, '_annotations.coco.json'));
      }
    },
    'detection',
    {
      train: { annotations: 'train/_annotations.coco.json', images: 'train' },
      val: { annotations: 'valid/_annotations.coco.json', images: 'valid' },
    },
  ],
  'Ultralytics’': [
    () => {
      cpSync(join(made('squares'), 'images'), at('images'), { recursive: true });
      mkdirSync(at('labels'));
      for (const i of [0, 1, 2, 3]) writeFileSync(at('labels', `${i}.txt`), '0 0.5 0.5 0.3 0.3\n');
      writeFileSync(at('data.yaml'), 'train: images\nval: images\nnames: [square]\n');
    },
    'detection',
    { train: { annotations: 'data.yaml' }, val: { annotations: 'data.yaml' } },
  ],
  'a folder for each class': [
    () => {
      for (const part of ['train', 'val']) {
        mkdirSync(at(part));
        for (const [i, name] of ['round', 'square'].entries()) {
          mkdirSync(at(part, name));
          cpSync(join(made('squares'), 'images', `${i}.png`), at(part, name, '0.png'));
        }
      }
    },
    'classification',
    { train: { annotations: 'train' }, val: { annotations: 'val' } },
  ],
};

test.each(Object.keys(LAYOUTS))('finds by itself: %s', async (layout) => {
  const [arrange, task, data] = LAYOUTS[layout]!;
  arrange();
  await init();
  expect((await read(task)).data).toEqual(data);
});

test('where nothing can be learned from it says so, and where the pictures are not in a usual place', async () => {
  await expect(init()).rejects.toThrow(/data\.yaml.*--data/);
  cpSync(made('squares'), here, { recursive: true });
  renameSync(at('images'), at('elsewhere'));
  await expect(init()).rejects.toThrow(/--images must be given: 0\.png of .*gt\.json is in none of the usual folders/);
  await init('--images', at('elsewhere'));
  expect((await read('detection')).data).toEqual({ train: { annotations: 'gt.json', images: 'elsewhere' } });
});

test('what is given goes over what is found', async () => {
  LAYOUTS['COCO’s own']![0]();
  renameSync(at('val2017'), at('others'));
  await expect(init()).rejects.toThrow(/--val-images must be given: 0\.png of .*val2017\.json/);
  await init('--val-images', at('others'));
  const train = { annotations: 'annotations/instances_train2017.json', images: 'train2017' };
  const val = { annotations: 'annotations/instances_val2017.json', images: 'others' };
  expect((await read('detection')).data).toEqual({ train, val });
  rmSync(at('train.yaml'));
  cpSync(made('squares'), at('mine'), { recursive: true });
  await init('--val', at('mine', 'gt.json'), '--val-images', at('mine', 'images'));
  expect((await read('detection')).data).toEqual({
    train,
    val: { annotations: 'mine/gt.json', images: 'mine/images' },
  });
});

test('a name with a line break stays in its comment', async () => {
  cpSync(made('squares'), here, { recursive: true });
  const dataset = JSON.parse(readFileSync(at('gt.json'), 'utf8'));
  dataset.categories[0].name = 'x\nzzz: 1';
  writeFileSync(at('gt.json'), JSON.stringify(dataset));
  await init();
  expect(readFileSync(at('train.yaml'), 'utf8')).toMatch(/^# A .* with 1 category: x zzz: 1\.$/m);
});
