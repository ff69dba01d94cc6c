/** train, eval, detect and reproduce from end to end, on data that is made on the spot. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sizeOption } from '../src/config/number-options';
import { endToEnd } from './end-to-end';
import { makeSquares } from './tiny-data';

const { path, icconv, fails, printed, complained, take } = endToEnd('detection');

const TINY = [
  'model.backbone={block: basic, blocks: [1, 1, 1, 1], width: 8}',
  'model.config={fpnChannels: 16, input: {minSize: 64, maxSize: 64}, roi: {hidden: 16}}',
  'recipe.epochs=1',
  'recipe.batchSize=2',
].flatMap((one) => ['--set', one]);

beforeAll(() => makeSquares(path, 'pattern: { manual: { maxDilation: 2 } }'));

test('train writes a folder that eval and detect take', async () => {
  await icconv('train', 'detection', '--config', path('train.yaml'), '--workers', '0', '--json');
  const { reason, steps, best } = JSON.parse(take());
  expect({ reason, steps }).toEqual({ reason: 'finished', steps: 4 });
  expect(best.metric).toBe('AP');
  const files = [
    'best-results.json',
    'best.safetensors',
    'config.yaml',
    'curves.png',
    'curves.svg',
    'final.safetensors',
    'model.json',
    'report.html',
    'results.csv',
  ];
  expect(readdirSync(path('run'))).toEqual(expect.arrayContaining(files));

  await icconv('eval', 'bbox', '--gt', path('gt.json'), '--dt', path('run', 'best-results.json'), '--json');
  expect(JSON.parse(take()).stats.AP).toBe(best.value);

  const data = ['--annotations', path('gt.json'), '--images', path('images')];
  for (const size of ['1', '2', '4']) {
    const options = ['--batch-size', size, '--json', '--out', path('dt.json')];
    await icconv('eval', 'detection', '--model', path('run'), ...data, ...options);
    expect(JSON.parse(take()).stats.AP).toBe(best.value);
  }
  for (const { category_id } of JSON.parse(readFileSync(path('dt.json'), 'utf8'))) expect(category_id).toBe(7);

  writeFileSync(path('broken.jpg'), 'no picture');
  const images = [path('images'), path('broken.jpg')];
  await icconv('detect', ...images, '--model', path('run'), '--out', path('overlays'), '--score', '0', '--json');
  const results = JSON.parse(take()) as {
    image: string;
    width: number;
    overlay: string;
    detections: unknown[];
  }[];
  expect(results.map(({ width }) => width)).toEqual([96, 96, 96, 96]);
  expect((await sharp(results[0]!.overlay).metadata()).width).toBe(96);
  expect(complained.join('\n')).toMatch(/broken\.jpg.*known format/);
  expect(process.exitCode).toBe(1);
}, 60_000);

test.skipIf(spawnSync('ffmpeg', ['-version']).status !== 0)(
  'a video has results for each frame, with its time, and an overlay that is a video',
  async () => {
    const picture = (n: number) => path('images', `${n}.png`);
    mkdirSync(path('film'));
    const frames = ['-framerate', '2', '-start_number', '0', '-i', path('images', '%d.png')];
    execFileSync('ffmpeg', ['-loglevel', 'error', ...frames, '-c:v', 'ffv1', path('film', 'squares.mkv')]);
    writeFileSync(path('film', 'text.mp4'), 'no video');
    const run = ['--model', path('run'), '--score', '0', '--json'];
    await icconv('detect', path('film'), ...run, '--out', path('films'));
    const results = JSON.parse(take());
    expect(complained.join('\n')).toMatch(/text\.mp4: cannot be decoded/);
    expect(results).toHaveLength(4);
    await icconv('detect', ...[0, 1, 2, 3].map(picture), ...run);
    for (const [n, { image: _, ...alone }] of (JSON.parse(take()) as { image: string }[]).entries()) {
      const { detections } = results[n];
      const [image, overlay] = [path('film', 'squares.mkv'), path('films', 'squares.mp4')];
      expect(results[n]).toEqual({ image, frame: n, time: n / 2, overlay, ...alone, detections });
      // ffv1 holds the pictures' colours as they are.
      expect(detections).toEqual((alone as { detections?: unknown }).detections);
    }
    await icconv('detect', path('films', 'squares.mp4'), '--model', path('run'));
    expect(take()).toMatch(/squares\.mp4 0\.00 s.*squares\.mp4 1\.50 s/s);
  },
  60_000,
);

test('a report shows how it went and what is wrong, and needs nothing beside it', async () => {
  const report = readFileSync(path('run', 'report.html'), 'utf8');
  for (const title of ['Metric of the best weights', 'Precision over recall', 'Mistakes', 'Confusion', 'Data'])
    expect(report).toContain(title);
  expect(report).not.toMatch(/(?:src|href)="(?!data:)/);
  const drawn = [...report.matchAll(/<figure><img src="data:image\/jpeg;base64,([^"]+)" alt="(\d)\.png: ([^"]+)"/g)];
  // After two epochs nothing is found with certainty.
  expect(drawn.map(([, , picture]) => picture).sort()).toEqual(['0', '1', '2', '3']);
  for (const [, bytes, , problem] of drawn) {
    expect(problem).toMatch(/\d (missed|wrong)/);
    const { width, height } = await sharp(Buffer.from(bytes!, 'base64')).metadata();
    expect([width, height]).toEqual([96, 96]);
  }
});

test('whatever becomes of its report, a training that is done says so', async () => {
  const train = ['train', 'detection', '--config', path('train.yaml'), '--workers', '0', '--json'];
  const here = ['--output', path('unreported')];
  mkdirSync(path('unreported', 'report.html'), { recursive: true });
  await icconv(...train, ...here);
  expect(JSON.parse(take())).toMatchObject({ reason: 'finished', steps: 4 });
  expect(complained.at(-1)).toMatch(/no report\.html, .*--resume.*report\.html: cannot be written: it is a folder/);
  expect(process.exitCode ?? 0).toBe(0);
  rmSync(path('unreported', 'report.html'), { recursive: true });
  await icconv(...train, ...here, '--resume');
  expect(complained.at(-1)).toBe(`${path('unreported', 'report.html')} is written`);
}, 60_000);

test('a report of pictures of which some cannot be read, of a class whose name another one has', async () => {
  const dataset = JSON.parse(readFileSync(path('gt.json'), 'utf8'));
  dataset.images.push({ ...dataset.images[0], id: 99, file_name: 'gone.png' });
  dataset.annotations.push({ ...dataset.annotations[0], id: 99, image_id: 99 });
  dataset.categories.push({ id: 8, name: 'square' });
  writeFileSync(path('twins.json'), JSON.stringify(dataset));
  const sets = ['train', 'val'].map((name) => `data.${name}={annotations: twins.json, images: images}`);
  const set = ['data.categories=[7]', ...sets].flatMap((one) => ['--set', one]);
  const train = ['train', 'detection', '--config', path('train.yaml'), ...set, '--output', path('twins')];
  const rules = ['--workers', '0', '--on-unreadable', 'skip', '--no-check', '--json'];
  await icconv(...train, ...rules, '--dry-run');
  expect(JSON.parse(take()).data.val).toMatchObject({ objects: 5 });
  await icconv(...train, ...rules);
  expect(complained.at(-1)).toBe(`${path('twins', 'report.html')} is written`);
  expect(readFileSync(path('twins', 'report.html'), 'utf8')).toMatch(
    /<figure><figcaption>gone\.png: 1 missed \(the picture cannot be read\)</,
  );
}, 60_000);

test('a dry run tells what a training takes, and leaves no trace', async () => {
  const dry = ['train', 'detection', '--config', path('train.yaml'), '--workers', '0', '--dry-run'];
  const before = readdirSync(path());
  await icconv(...dry, '--output', path('dry'), '--json');
  const told = JSON.parse(take());
  // Four pictures in batches of two, two epochs with an evaluation each.
  expect(told).toMatchObject({ epochs: 2, batchesPerEpoch: 2, updates: 4, evaluations: 2 });
  expect(told.data.train).toMatchObject({ pictures: 4, objects: 4, classes: [{ name: 'square', objects: 4 }] });
  expect(told.sizes).toEqual({ widths: [96, 96], heights: [96, 96], objects: [{ label: '16-32 px', count: 4 }] });
  const { seconds, secondsPerUpdate, secondsPerEvaluation, memory, losses } = told;
  expect(seconds).toBeCloseTo(4 * secondsPerUpdate + 2 * secondsPerEvaluation, 6);
  expect(Math.min(secondsPerUpdate, secondsPerEvaluation)).toBeGreaterThan(0);
  expect(losses.total).toBeGreaterThan(0);
  // TensorFlow alone takes more than that.
  expect(memory.peakBytes).toBeGreaterThan(2 ** 26);
  expect(memory.peakBytes).toBeLessThan(memory.reachableBytes);
  expect(readdirSync(path())).toEqual(before);

  await icconv(...dry, '--output', path('dry'));
  expect(take()).toMatch(
    /^pictures .*96 px x 96 px\n[\s\S]*4 updates: 2 epochs of 2 batches\n[\s\S]*nothing was written/,
  );
  // Where the training itself would not begin.
  expect(await fails(...dry)).toMatch(/holds a run/);
  await expect(icconv(...dry, '--cluster', 'none.json')).rejects.toThrow();
}, 60_000);

test('as large a batch as memory has room for is tried, kept with the run, and told', async () => {
  const auto = ['train', 'detection', '--config', path('train.yaml'), '--workers', '0', '--batch-size', 'auto'];
  const run = ['--output', path('sized'), '--json'];
  await icconv(...auto, ...run);
  expect(JSON.parse(take())).toMatchObject({ reason: 'finished', steps: 2 });
  // Of four pictures no more than four; a peak of each trial and the learning rate of the file.
  const told = complained.join('\n');
  expect(told).toMatch(/batch size 4: an update takes .* GiB with 1, .* GiB with 4, .*there are no more pictures/);
  expect(told).toMatch(/the learning rate stays 0\.\d+/);
  expect(readFileSync(path('sized', 'config.yaml'), 'utf8')).toMatch(/^# --set recipe.batchSize=4\n/);

  await icconv(...auto, ...run, '--resume');
  expect(complained).toContain('batch size 4, as the run in the folder has it');
  expect(await fails(...auto, ...run)).toMatch(/holds a run/);

  take();
  await icconv(...auto.slice(0, -1), '3', '--print-config');
  expect(parse(take()).recipe.batchSize).toBe(3);
  expect(() => sizeOption('much')).toThrow(/expected a whole number/);
}, 60_000);

test('a training ends by the time it is given, or when its metric grows no more', async () => {
  const train = ['train', 'detection', '--config', path('train.yaml'), '--workers', '0'];
  const time = ['--time', '1.5s', '--set', 'recipe.evaluateEvery=1000'];
  await icconv(...train, ...time, '--output', path('timed'));
  expect(take()).toMatch(/epochs? in .* min, as the time is over; weights/);
  expect(readFileSync(path('timed', 'config.yaml'), 'utf8')).toMatch(/^# --set recipe.minutes=0.025\n/);
  await icconv(...train, ...time, '--print-config');
  expect(parse(take()).recipe).toMatchObject({ minutes: 0.025, epochs: 2 });
  await icconv(...train, ...time, '--output', path('timed-dry'), '--dry-run', '--json');
  expect(JSON.parse(take())).toMatchObject({ seconds: 1.5, epochs: expect.any(Number) });
  await icconv(
    ...train,
    '--resume',
    '--allow-changes',
    ...['patience=1', 'epochs=9'].flatMap((one) => ['--set', `recipe.${one}`]),
  );
  expect(take()).toMatch(/as the metric grew no more/);
  const blind = ['--data', path('gt.json'), '--images', path('images'), '--set', 'recipe.patience=3'];
  for (const dry of [[], ['--dry-run']]) {
    expect(await fails('train', 'detection', ...blind, '--output', path('blind'), ...dry)).toMatch(
      /recipe.patience.*validation data/,
    );
  }
}, 60_000);

test('a second run into the folder is refused, and resumed only when asked', async () => {
  const args = ['train', 'detection', '--config', path('train.yaml'), '--workers', '0'];
  await expect(icconv(...args)).rejects.toThrow(/holds a run/);
  const other = await fails(...args, '--resume', '--set', 'recipe.batchSize=1');
  expect(other).toMatch(/other settings:\n {2}recipe\.batchSize: 2 in the run, 1 now\n.*--allow-changes/);
  await icconv(...args, '--resume');
  expect(printed.join('\n')).toContain('2 epochs');
}, 60_000);

test('without a file: from annotations and pictures alone, and what is printed of it is a file for the same', async () => {
  const data = ['--data', path('gt.json'), '--images', path('images'), '--val', path('gt.json')];
  const train = (...args: string[]) => icconv('train', 'detection', ...args, '--workers', '0', '--json');
  await train(...data, ...TINY, '--output', path('alone'));
  const alone = JSON.parse(take());
  expect(alone).toMatchObject({ reason: 'finished', best: { metric: 'AP' } });

  await train(...data, ...TINY, '--print-config');
  const printed = take();
  const { preset, data: sets, recipe } = parse(printed);
  expect(preset).toBe('small');
  expect(sets.val).toEqual({ annotations: path('gt.json'), images: path('images') });
  // A value that nobody gave.
  expect(recipe.learningRate).toBeGreaterThan(0);
  writeFileSync(path('printed.yaml'), printed);
  await train('--config', path('printed.yaml'), '--output', path('again'));
  expect(JSON.parse(take()).best).toEqual(alone.best);
  expect(parse(readFileSync(path('alone', 'config.yaml'), 'utf8'))).toMatchObject({
    recipe: { epochs: 1, batchSize: 2 },
  });
}, 60_000);

test('without data, every key is printed with its meaning and its value or an example', async () => {
  await icconv('train', 'detection', '--print-config', '--set', 'recipe.epochs=3', '--preset', 'coco-1x');
  const printed = take();
  expect(parse(printed)).toMatchObject({ preset: 'coco-1x', recipe: { epochs: 3 } });
  expect(printed).toContain('train.json is an example');
  const keys = [...printed.matchAll(/^ {2}(?:# )?(\w+):/gm)].map(([, key]) => key);
  await icconv('schema', 'detection');
  const whole = JSON.parse(take()).anyOf.at(-1).properties;
  const parts = ['model', 'data', 'recipe'].flatMap((part) => Object.keys(whole[part].properties));
  expect([...new Set(keys)]).toEqual(expect.arrayContaining(parts));
});

test('from a data.yaml as it is, both parts of it', async () => {
  mkdirSync(path('yolo', 'labels'), { recursive: true });
  cpSync(path('images'), path('yolo', 'images'), { recursive: true });
  for (const i of [0, 1, 2, 3]) {
    const centre = [(23 + 10 * i) / 96, (55 - 8 * i) / 96].join(' ');
    writeFileSync(path('yolo', 'labels', `${i}.txt`), `0 ${centre} ${30 / 96} ${30 / 96}\n`);
  }
  writeFileSync(path('yolo', 'data.yaml'), 'train: images\nval: images\nnames: [square]\n');
  const data = path('yolo', 'data.yaml');
  await icconv(
    'train',
    'detection',
    '--data',
    data,
    ...TINY,
    '--output',
    path('from-yolo'),
    '--workers',
    '0',
    '--json',
  );
  const { best, data: told } = JSON.parse(take());
  for (const { pictures, objects } of [told.train, told.val]) expect([pictures, objects]).toEqual([4, 4]);
  await icconv('eval', 'detection', '--model', path('from-yolo'), '--annotations', data, '--json');
  expect(JSON.parse(take()).stats.AP).toBe(best.value);
}, 60_000);

test('flags that do not say what to learn from, or say it twice', async () => {
  expect(await fails('train', 'detection')).toMatch(/--data.*--config/);
  expect(await fails('train', 'detection', '--config', path('train.yaml'), '--preset', 'small')).toMatch(/--preset/);
});

test('faults of the file are named with line and place', async () => {
  const fail = (...set: string[]) =>
    fails('train', 'detection', '--config', path('train.yaml'), ...set.flatMap((one) => ['--set', one]));
  expect(await fail('recipe.epochs=none')).toMatch(/^--set recipe\.epochs=none: recipe\.epochs: /);
  expect(await fail('recipe.epoch=1')).toMatch(/recipe\.epoch: unknown; epochs\?/);
  expect(await fail('preset=huge')).toMatch(/preset: expected one of coco-1x, small/);
  expect(await fail('model.config={fpnChannels: -1}')).toMatch(/model\.config\.fpnChannels/);
  expect(await fail('model.pattern={file: none.json}')).toMatch(/model\.pattern\.file/);
  expect(await fail('data.train.annotations=none.json')).toMatch(/none\.json/);
  expect(await fail('data.classes=[round]', 'output=other')).toMatch(/round/);
  expect(existsSync(path('other', 'last.safetensors'))).toBe(false);
});

test('reproduce says what is missing', async () => {
  const model = ['--model', 'torchvision/fasterrcnn-resnet50-fpn', '--weights', path('none.pth')];
  await expect(icconv('reproduce', 'detection', '--coco', path('none'), ...model)).rejects.toThrow(
    /instances_val2017\.json/,
  );
});
