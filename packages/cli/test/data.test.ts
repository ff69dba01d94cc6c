/** What training, evaluation and check say about their data, on data that is made on the spot. */
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { endToEnd } from './end-to-end';

const { path, icconv, fails, printed, complained, take } = endToEnd('data');
const said = () => complained.join('\n');

const IMAGES = [0, 1, 2, 3].map((i) => ({ id: i + 1, file_name: `${i}.jpg`, width: 96, height: 64 }));
const OBJECTS = IMAGES.map(({ id }, i) => ({
  ...{ id, image_id: id, category_id: 1 + (i % 2), bbox: [10 + 5 * i, 8, 30, 30], area: 900, iscrowd: 0 },
  ...{ keypoints: [20, 20, 2, 30, 20, 2], num_keypoints: 2 },
}));
const KEYPOINTS = ['left_end', 'right_end'];
const CATEGORIES = [
  { id: 1, name: 'red', keypoints: KEYPOINTS },
  { id: 2, name: 'blue' },
];

/** An annotation file that differs from the usual one. */
function file(name: string, changes: { images?: object[]; annotations?: object[]; categories?: object[] }): string {
  const whole = { images: IMAGES, annotations: OBJECTS, categories: CATEGORIES, ...changes };
  writeFileSync(path(name), JSON.stringify(whole));
  return name;
}

const TRAINING = `
preset: small
model:
  backbone: { block: basic, blocks: [1, 1, 1, 1], width: 8 }`;

beforeAll(async () => {
  for (const folder of ['images', 'turned', 'broken']) mkdirSync(path(folder));
  for (const { file_name, width, height } of IMAGES) {
    const picture = sharp({ create: { width, height, channels: 3, background: '#606060' } }).jpeg();
    await picture.toFile(path('images', file_name));
    await picture.clone().withMetadata({ orientation: 6 }).toFile(path('turned', file_name));
    await picture.clone().toFile(path('broken', file_name));
  }
  truncateSync(path('broken', '1.jpg'), readFileSync(path('broken', '1.jpg')).length - 40);
  writeFileSync(path('broken', '3.jpg'), '');
  file('all.json', {});
  const data =
    'data:\n  train: { annotations: all.json, images: images }\n  val: { annotations: all.json, images: images }';
  const recipe = 'recipe: { epochs: 1, batchSize: 2, evaluateEvery: 1, learningRate: 0.001 }';
  const detector = '{ fpnChannels: 16, input: { minSize: 64, maxSize: 96 }, roi: { hidden: 16 } }';
  writeFileSync(path('det.yaml'), `${TRAINING}\n  config: ${detector}\n${data}\n${recipe}\noutput: run\n`);
  const estimator =
    '{ input: { size: 64, divisor: 32 }, head: { deconvs: [{ channels: 16, kernel: 4 }, { channels: 16, kernel: 4 }, { channels: 16, kernel: 4 }] } }';
  writeFileSync(path('pose.yaml'), `${TRAINING}\n  config: ${estimator}\n${data}\n${recipe}\noutput: pose-run\n`);
});

let runs = 0;
/** Arguments of a training into a folder of its own. */
function training(task: 'detection' | 'pose', set: Readonly<Record<string, string>>, ...more: string[]): string[] {
  const changes = Object.entries(set).flatMap(([place, value]) => ['--set', `${place}=${value}`]);
  const config = path(task === 'pose' ? 'pose.yaml' : 'det.yaml');
  return ['train', task, '--config', config, '--workers', '0', '--output', path(`run-${runs++}`), ...changes, ...more];
}
/** The training must fail before anything is written. */
async function refused(task: 'detection' | 'pose', set: Readonly<Record<string, string>>, ...more: string[]) {
  const message = await fails(...training(task, set, ...more));
  expect(existsSync(path(`run-${runs - 1}`))).toBe(false);
  return message;
}

test('what is learned and scored is told and stands in the JSON', async () => {
  const crowd = { ...OBJECTS[0], id: 9, iscrowd: 1 };
  const odd = file('odd.json', { annotations: [...OBJECTS, crowd, { ...OBJECTS[0], id: 10, bbox: [500, 0, 9, 9] }] });
  await icconv(...training('detection', { 'data.train.annotations': odd }, '--json'));
  expect(said()).toMatch(/objects +4 +4\n {2}red +2 +2\n {2}blue +2 +2\nleft out +2 +0/);
  expect(said()).toContain('train: left out: 1 marked as crowd (iscrowd 1) (annotation 9)');
  const { data, unreadable } = JSON.parse(take());
  expect(data.train).toMatchObject({ pictures: 4, objects: 4, skipped: [] });
  expect(data.train.leftOut.map(({ reason }: { reason: string }) => reason)).toEqual(['crowd', 'outside']);
  expect(data.val.leftOut).toEqual([]);
  expect(unreadable).toEqual([]);
}, 60_000);

test('nothing to learn, nothing to score', async () => {
  const crowds = file('crowds.json', { annotations: OBJECTS.map((one) => ({ ...one, iscrowd: 1 })) });
  expect(await refused('detection', { 'data.train.annotations': crowds })).toMatch(
    /nothing to learn from.*4 marked as crowd/,
  );
  expect(await refused('detection', { 'data.val.annotations': crowds })).toMatch(/nothing to score.*4 marked as crowd/);
  const zero = file('zero.json', { annotations: OBJECTS.map((one) => ({ ...one, keypoints: [0, 0, 0, 0, 0, 0] })) });
  expect(await refused('pose', { 'data.val.annotations': zero })).toMatch(/nothing to score.*without a labelled/);
});

test('sizes that are those of other pictures', async () => {
  const large = file('large.json', { images: IMAGES.map((one) => ({ ...one, width: 192, height: 128 })) });
  expect(await refused('detection', { 'data.val.annotations': large })).toMatch(
    /4 of 4 pictures have another size.*\n {2}0\.jpg \(image 1\): the file says 192x128, the picture is 96x64: .*2 times/,
  );
  expect(await refused('detection', { 'data.train.images': 'turned' })).toMatch(/96x64, the picture is 64x96.*EXIF/);
  await icconv(...training('detection', { 'data.train.annotations': large, 'data.check': 'false' }, '--json'));
}, 60_000);

test('files without sizes take those of the pictures', async () => {
  const bare = file('bare.json', { images: IMAGES.map(({ width, height, ...one }) => one) });
  await icconv(...training('detection', { 'data.train.annotations': bare, 'data.val.annotations': bare }));
}, 60_000);

test('missing and broken pictures: all are listed before the first step, or left out and counted', async () => {
  const broken = { 'data.train.images': 'broken' };
  const more = file('more.json', { images: [...IMAGES, { id: 9, file_name: 'gone.jpg' }] });
  const message = await refused('detection', { ...broken, 'data.train.annotations': more });
  expect(message).toMatch(
    /3 of 5 pictures cannot be read:\n {2}1\.jpg .*damaged.*\n {2}3\.jpg .*empty\n {2}gone\.jpg .*no such file/,
  );
  expect(message).toContain(
    'option onUnreadable: "skip" (in a configuration data.onUnreadable: skip) leaves such pictures out',
  );
  await icconv(
    ...training('detection', { ...broken, 'data.train.annotations': more }, '--on-unreadable', 'skip', '--json'),
  );
  const { data, steps } = JSON.parse(take());
  expect(steps).toBe(1);
  expect(data.train).toMatchObject({ pictures: 2, objects: 2 });
  expect(data.train.skipped.map(({ name }: { name: string }) => name)).toEqual(['1.jpg', '3.jpg', 'gone.jpg']);
  expect(said()).toMatch(/train: left out: 1\.jpg/);
  const blind = { ...broken, 'data.check': 'false', 'data.onUnreadable': 'skip' };
  await icconv(...training('detection', blind, '--json'));
  const { unreadable } = JSON.parse(take());
  expect(unreadable.map((one: { path: string }) => one.path).sort()).toEqual([
    path('broken', '1.jpg'),
    path('broken', '3.jpg'),
  ]);
}, 60_000);

test('categories: those that group, choices, names in two files', async () => {
  const grouped = CATEGORIES.map((one) => ({ ...one, supercategory: 'things' }));
  const root = file('root.json', { categories: [{ id: 0, name: 'things', supercategory: 'none' }, ...grouped] });
  await icconv(...training('detection', { 'data.train.annotations': root }, '--json'));
  expect(said()).toMatch(/not learned.*"things" \(id 0\)/);
  expect(JSON.parse(take()).data.train.classes.map(({ name }: { name: string }) => name)).toEqual(['red', 'blue']);

  const twins = file('twins.json', { categories: CATEGORIES.map((one) => ({ ...one, name: 'red' })) });
  const both = { 'data.train.annotations': twins, 'data.val.annotations': twins };
  expect(await refused('detection', both)).toMatch(/choose by id.*1 red, 2 red/);
  await icconv(...training('detection', { ...both, 'data.categories': '[2]' }, '--json'));
  expect(JSON.parse(take()).data).toMatchObject({ train: { objects: 2 }, val: { objects: 2, classes: [{ id: 2 }] } });

  const other = file('other.json', {
    annotations: OBJECTS.map((one) => ({ ...one, category_id: one.category_id + 6 })),
    categories: [
      { id: 7, name: 'red' },
      { id: 8, name: 'green' },
    ],
  });
  await icconv(...training('detection', { 'data.val.annotations': other }, '--json'));
  expect(said()).toContain('val: not scored, as the data has no category of that name: blue');
  expect(said()).toContain('val: categories have other ids and are found by name: red 1 and 7');
  expect(JSON.parse(take()).data.val).toMatchObject({ objects: 2, classes: [{ id: 7, name: 'red', objects: 2 }] });
}, 120_000);

test('eval tells what it scores', async () => {
  const model = training('detection', {});
  await icconv(...model);
  const run = path(`run-${runs - 1}`);
  const args = ['eval', 'detection', '--model', run, '--annotations', path('all.json'), '--json'];
  expect(await fails(...args, '--images', path('broken'))).toMatch(/2 of 4 pictures cannot be read/);
  printed.length = 0;
  await icconv(...args, '--images', path('broken'), '--on-unreadable', 'skip');
  expect(JSON.parse(take()).data).toMatchObject({
    use: 'evaluation',
    pictures: 2,
    objects: 2,
    skipped: [{ name: '1.jpg' }, {}],
  });
  expect(await fails(...args, '--images', path('images'), '--annotations', path('crowds.json'))).toMatch(
    /nothing to score/,
  );
}, 120_000);

test('check lists pictures that are missing, broken or of another size', async () => {
  await icconv('coco', 'check', path('more.json'), '--images', path('broken'));
  expect(printed.join('\n')).toMatch(/3 of 5 pictures:\n {2}1\.jpg .*\n {2}3\.jpg .*\n {2}gone\.jpg/);
  expect(process.exitCode).toBe(1);
  take();
  await icconv('coco', 'check', path('large.json'), '--images', path('images'), '--decode', '--json');
  expect(JSON.parse(take()).pictures).toMatchObject({ checked: 4, faults: [{ kind: 'size' }, {}, {}, {}] });
});
