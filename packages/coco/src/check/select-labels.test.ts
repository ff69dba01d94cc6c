import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CocoDataset } from '../data/dataset';
import { dataReport, requireObjects, selectObjects } from './data-report';
import { formatDataReports } from './format-data';
import type { DataReportOptions } from './report-types';

const TRAINING = { task: 'labels', use: 'training' } as const;

/** Labels as [picture, category]. */
function dataset(labels: readonly (readonly [number, number?, object?])[], pictures = 4) {
  return CocoDataset.parse({
    images: Array.from({ length: pictures }, (_, i) => ({ id: i + 1, file_name: `${i + 1}.jpg` })),
    categories: ['cat', 'dog', 'bird'].map((name, i) => ({ id: i + 1, name })),
    annotations: labels.map(([image_id, category_id, more], i) => ({
      ...{ id: i + 1, image_id },
      ...(category_id !== undefined && { category_id }),
      ...more,
    })),
  });
}

const counts = (list: readonly { reason: string; count: number }[]) =>
  Object.fromEntries(list.map(({ reason, count }) => [reason, count]));

test('a picture has one label, said as often as it may be', () => {
  const data = dataset([[1, 1], [1, 1], [2, 2], [2, 1], [2, 2], [3, 2], [9, 1], [4]]);
  const { report, used, dataset: same } = selectObjects(data, TRAINING);
  expect([...used]).toEqual([1, 0, 0, 0, 0, 1, 0, 0]);
  expect(same).toBe(data);
  expect(report).toMatchObject({ task: 'labels', pictures: 4, picturesWithoutObjects: 2, objects: 2 });
  expect(counts(report.leftOut)).toEqual({
    'unknown-image': 1,
    'other-category': 1,
    'same-label': 1,
    'several-labels': 3,
  });
  expect(report.classes.map(({ objects }) => objects)).toEqual([1, 1, 0]);
  expect(report.notes).toEqual([
    { reason: 'no-label', message: 'without a label: left out', count: 1, of: 'pictures', examples: ['4.jpg'] },
    expect.objectContaining({ reason: 'unclear-label', count: 1, of: 'pictures', examples: ['2.jpg'] }),
  ]);
});

test('labels of categories that are not wanted are none', () => {
  const data = dataset([
    [1, 1],
    [1, 3],
    [2, 3],
    [3, 2],
  ]);
  const report = dataReport(data, { ...TRAINING, categoryIds: [2, 1], imageIds: [1, 2, 3] });
  expect(report).toMatchObject({ pictures: 3, objects: 2, picturesWithoutObjects: 1 });
  expect(report.classes).toEqual([
    { id: 2, name: 'dog', objects: 1 },
    { id: 1, name: 'cat', objects: 1 },
  ]);
  expect(counts(report.leftOut)).toEqual({ 'other-category': 2 });
});

test('boxes and crowds are labels too; what is to be ignored is not scored', () => {
  const marked = dataset(
    [
      [1, 1, { bbox: [0, 0, 0, 0], iscrowd: 1 }],
      [2, 2, { ignore: 1 }],
    ],
    2,
  );
  expect(dataReport(marked, TRAINING)).toMatchObject({ objects: 2, leftOut: [] });
  expect(dataReport(marked, { task: 'labels', use: 'evaluation' })).toMatchObject({
    ...{ objects: 1, leftOut: [{ reason: 'ignored' }] },
  });
  // A mask that is none teaches no box, but the label stands.
  const broken = dataset([[1, 1, { segmentation: { size: [5, 5], counts: [3] } }]], 1);
  expect(dataReport(broken, TRAINING).objects).toBe(1);
});

test('counts add up, and a picture is used where all its labels agree', () => {
  const label = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.array(label, { maxLength: 20 }), fc.subarray([1, 2, 3]), (labels, categoryIds) => {
      const { report, used } = selectObjects(dataset(labels, 5), { ...TRAINING, categoryIds });
      const left = report.leftOut.reduce((sum, { count }) => sum + count, 0);
      expect(report.objects + left).toBe(labels.length);
      expect(report.objects + report.picturesWithoutObjects).toBe(5);
      const without = report.notes.reduce((sum, { count }) => sum + count, 0);
      expect(without).toBe(report.picturesWithoutObjects);
      for (let picture = 1; picture <= 5; picture++) {
        const said = new Set(
          labels.filter(([image, category]) => image === picture && categoryIds.includes(category)).map(([, c]) => c),
        );
        const rows = labels.flatMap(([image], row) => (image === picture && used[row] === 1 ? [row] : []));
        expect(rows).toHaveLength(said.size === 1 ? 1 : 0);
        if (rows.length > 0) expect(labels[rows[0]!]![1]).toBe([...said][0]);
      }
    }),
  );
});

test('the table speaks of labels', () => {
  const of = (labels: Parameters<typeof dataset>[0], use: DataReportOptions['use']) =>
    dataReport(dataset(labels), { task: 'labels', use });
  const text = formatDataReports({
    train: of(
      [
        [1, 1],
        [2, 2],
        [3, 1],
        [3, 2],
      ],
      'training',
    ),
    val: of(
      [
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 1],
      ],
      'evaluation',
    ),
  });
  expect(text).toBe(`\
                 train  val
pictures             4    4
  without label      2    0
labels               2    4
  cat                1    4
  dog                1    0
  bird               0    0
left out             2    0
train: left out: 2 of pictures with labels of several classes (annotations 3, 4)
train: 1 without a label: left out (picture 4.jpg)
train: 1 with labels of several classes, of which none is more right than the others: left out (picture 3.jpg)`);
});

test('a single class teaches nothing, but can be scored', () => {
  const one = dataset([
    [1, 2],
    [2, 2],
  ]);
  expect(() => requireObjects(dataReport(one, TRAINING), 'train')).toThrow(
    'train: nothing to learn from: all labels are of one class, dog, and there is none to tell it from',
  );
  expect(() => requireObjects(dataReport(one, { task: 'labels', use: 'evaluation' }), 'val')).not.toThrow();
  expect(() =>
    requireObjects(
      dataReport(
        dataset([
          [1, 1],
          [2, 2],
        ]),
        TRAINING,
      ),
      'train',
    ),
  ).not.toThrow();
  expect(() =>
    requireObjects(
      dataReport(
        dataset([
          [1, 1],
          [1, 2],
        ]),
        TRAINING,
      ),
      'train',
    ),
  ).toThrow('nothing to learn from: of 2 annotations, 2 of pictures with labels of several classes (annotations 1, 2)');
});
