import { CocoDataset } from '@icconv/coco';
import { expect, test } from 'vitest';
import { COCO_SKELETON, poseConfig, type Skeleton, skeletonOf } from '../../src';
import { categoryFor, cocoPoses, correctKeypoints, estimateDataset, poseCategory, trainPose } from '../../src/node';

const category = { id: 3, name: 'arrow', keypoints: ['tip', 'tail'], skeleton: [] };
const arrow = (id: number, keypoints: number[], more: object = {}) => ({
  ...{ id, image_id: 1, category_id: 3, iscrowd: 0, area: 100, bbox: [0, 0, 40, 20], keypoints },
  ...more,
});
const LABELLED = [10, 10, 2, 30, 10, 2];
const NONE = [0, 0, 0, 0, 0, 0];
const IMAGE = { id: 1, file_name: 'a.jpg', width: 40, height: 20 };

function dataset(annotations: object[], images: object[] = [IMAGE]) {
  return CocoDataset.parse(JSON.stringify({ images, annotations, categories: [category] }));
}
const bound = (set: CocoDataset, folder = '') => ({ dataset: set, folder, categoryIds: [3] });
const samples = (...annotations: object[]) => cocoPoses(bound(dataset(annotations), 'here'));

test('people with labels are objects; crowds and the others are masked where they have a mask', async () => {
  const square = [[0, 0, 10, 0, 10, 10, 0, 10]];
  const source = samples(arrow(1, LABELLED), arrow(2, NONE, { segmentation: square }), arrow(3, NONE));
  const { objects, ignore, image } = await source.get(0);
  expect(image).toMatch(/here.a\.jpg/);
  expect(objects).toEqual([{ keypoints: LABELLED }]);
  expect([ignore!.height, ignore!.width]).toEqual([20, 40]);
  expect(ignore!.data.reduce((sum, value) => sum + value, 0)).toBe(100);
});

test('an empty list of polygons is no mask', async () => {
  const source = samples(arrow(1, LABELLED), arrow(2, NONE, { segmentation: [], iscrowd: 1 }));
  expect((await source.get(0)).ignore).toBeUndefined();
});

test('what does not fit is named before the training begins', () => {
  expect(() => samples(arrow(1, [1, 2, 2]))).toThrow(/annotation 1.*6 numbers/);
  const polygon = arrow(1, NONE, { segmentation: [[0, 0, 1, 0, 1, 1]] });
  const sizeless = dataset([arrow(2, LABELLED), polygon], [{ id: 1, file_name: 'a.jpg' }]);
  expect(() => cocoPoses(bound(sizeless))).toThrow(/size of image 1/);
  expect(() => cocoPoses(bound(dataset([arrow(1, NONE)])), { skipEmpty: true })).toThrow(/no labelled keypoints/);
  expect(() => cocoPoses(bound(dataset([], [])))).toThrow(/no pictures/);
});

test('people whose labels lie outside the picture are not learned', async () => {
  const source = samples(arrow(1, LABELLED), arrow(2, [50, 10, 2, -1, 10, 2]), arrow(3, [50, 10, 2, 30, 10, 2]));
  expect((await source.get(0)).objects).toHaveLength(2);
  expect(source.report.leftOut).toMatchObject([{ reason: 'keypoints-outside', count: 1, examples: [2] }]);
  expect(source.report.notes).toMatchObject([{ reason: 'some-keypoints-outside', count: 1, examples: [3] }]);
});

test('a file without names of keypoints, or with one twice, says so', () => {
  const named = (keypoints?: string[]) =>
    CocoDataset.parse(JSON.stringify({ images: [], annotations: [], categories: [{ ...category, keypoints }] }));
  expect(() => poseCategory(named())).toThrow(/at least one with "keypoints", a list of their names.*arrow/);
  expect(() => skeletonOf(poseCategory(named(['tip', 'tip'])))).toThrow(/none is there twice.*"tip"/);
});

test('where no labelled keypoint is left, the training does not begin', async () => {
  const config = poseConfig({ backbone: 18, skeleton: skeletonOf(category) });
  const train = (one: object[], val = one) =>
    trainPose({
      ...{ config, weights: {}, recipe: { epochs: 1, batchSize: 1, learningRate: 0.1 } },
      ...{ train: { dataset: dataset(one), folder: '' }, val: { dataset: dataset(val), folder: '' } },
    });
  const zero = [arrow(1, NONE), arrow(2, LABELLED, { iscrowd: 1 })];
  await expect(train(zero)).rejects.toThrow(
    /training data: nothing to learn from.*1 marked as crowd.*1 without a labelled keypoint/,
  );
  await expect(train([arrow(1, LABELLED)], zero)).rejects.toThrow(/validation data: nothing to score/);
  const uncounted = [arrow(1, LABELLED, { num_keypoints: 0 })];
  await expect(train(uncounted)).rejects.toThrow(/validation data: nothing to score.*num_keypoints 0/);
});

test('training and validation data of other keypoints are refused', async () => {
  const of = (keypoints: string[]) => {
    const file = { images: [IMAGE], annotations: [arrow(1, LABELLED)], categories: [{ ...category, keypoints }] };
    return { dataset: CocoDataset.parse(JSON.stringify(file)), folder: '' };
  };
  const config = poseConfig({ backbone: 18, skeleton: skeletonOf(category) });
  const recipe = { epochs: 1, batchSize: 1, learningRate: 0.1 };
  const train = trainPose({ config, recipe, train: of(['tip', 'tail']), val: of(['tail', 'tip']) });
  await expect(train).rejects.toThrow(/must be "tip" as keypoint 1, as the network has/);
});

test('of several categories with keypoints that of the network is found, by the names of its keypoints', () => {
  const file = {
    images: [],
    annotations: [],
    categories: [{ ...category, id: 4, name: 'cross', keypoints: ['a', 'b'] }, category],
  };
  const both = CocoDataset.parse(JSON.stringify(file));
  expect(categoryFor(both, { keypoints: ['tip', 'tail'] }).name).toBe('arrow');
  expect(() => categoryFor(both, { keypoints: ['tail', 'tip'] })).toThrow(/the name of one category with keypoints/);
});

test('a network of other keypoints, or of the same in another order, is refused', async () => {
  const run = (skeleton: Skeleton) => {
    const model = { config: poseConfig({ backbone: 18, skeleton }) };
    return estimateDataset({ model, async *stream() {} }, { dataset: dataset([]), folder: '' });
  };
  await expect(run(COCO_SKELETON)).rejects.toThrow(/arrow.*17 keypoints, as the network has/);
  const other = skeletonOf({ ...category, keypoints: ['tail', 'tip'] });
  await expect(run(other)).rejects.toThrow(/"tail" as keypoint 1/);
});

test('correct keypoints are within a tenth of the longer side, each object with one pose', () => {
  const pose = (score: number, ...keypoints: number[]) => ({ image_id: 1, category_id: 3, score, keypoints });
  const of = (annotations: object[], ...results: ReturnType<typeof pose>[]) =>
    correctKeypoints(results, dataset(annotations), { categoryId: 3, imageIds: [1] });
  // The box is 40 wide: 4 pixels are right, 5 are not.
  expect(of([arrow(1, LABELLED)], pose(1, 14, 10, 1, 30, 15, 1))).toBe(0.5);
  // Without a box the keypoints' extent counts, here 20.
  const bare = arrow(1, LABELLED, { bbox: undefined });
  expect(of([bare], pose(1, 12, 10, 1, 33, 10, 1))).toBe(0.5);
  const two = [arrow(1, LABELLED), arrow(2, [10, 18, 2, 30, 18, 2])];
  expect(of(two, pose(0.9, ...LABELLED), pose(0.8, ...LABELLED))).toBe(0.5);
  expect(of(two)).toBe(0);
});
