/** Training samples from COCO keypoints. */
import type { CocoCategory, CocoDataset, CocoId, DataReport } from '@icconv/coco';
import { pictureFiles } from '@icconv/coco/node';
import { type BoundData, boundObjects, type TaskRecipe } from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { PixelMask, SampleObject } from '@icconv/training';
import type { Sample, SampleSource } from '@icconv/training/node';
import type { Skeleton } from '../skeleton/skeleton';

export interface PoseObject extends SampleObject {
  readonly keypoints: readonly number[];
}

export interface PoseSample extends Sample<PoseObject> {
  readonly imageId: CocoId;
}

export interface CocoPoseSource extends SampleSource<PoseSample> {
  /** What is learned, and what is left out and why. */
  readonly report: DataReport;
}

/** The category whose keypoints are learned. @throws {@link InvalidArgumentError} where there is none, or a choice to make. */
export function poseCategory(dataset: CocoDataset, name?: string): CocoCategory {
  const withKeypoints = dataset.categories.filter(({ keypoints = [] }) => keypoints.length > 0);
  const found = withKeypoints.filter((category) => name === undefined || category.name === name);
  if (found.length === 1) return found[0]!;
  if (withKeypoints.length === 0) {
    const names = dataset.categories.map((category) => category.name);
    const expected = 'at least one with "keypoints", a list of their names in the order of the annotations\' numbers';
    throw new InvalidArgumentError('poseCategory', 'categories', names, expected);
  }
  const known = withKeypoints.map((category) => category.name).join(', ');
  throw new InvalidArgumentError(
    'poseCategory',
    'category',
    name,
    `the name of one category with keypoints (${known})`,
  );
}

/**
 * The category of a network's keypoints: the only one that has keypoints, or of several the one whose keypoints are the network's.
 *
 * @throws {@link InvalidArgumentError} where there is none, where its keypoints are others, or where there is a choice to make.
 */
export function categoryFor(dataset: CocoDataset, skeleton: Pick<Skeleton, 'keypoints'>): CocoCategory {
  const same = dataset.categories.filter(({ keypoints }) => keypoints?.join('\n') === skeleton.keypoints.join('\n'));
  const category = same.length === 1 ? same[0]! : poseCategory(dataset);
  checkKeypoints(skeleton, category);
  return category;
}

/** @throws {@link InvalidArgumentError} where the network's keypoints are not those of the category, by name and in order. */
function checkKeypoints(skeleton: Pick<Skeleton, 'keypoints'>, { keypoints: names = [], name }: CocoCategory): void {
  const { keypoints } = skeleton;
  const refuse = (received: string, expected: string) => {
    throw new InvalidArgumentError('pose', `category ${name}`, received, `${expected}, as the network has`);
  };
  if (names.length !== keypoints.length) refuse(`${names.length} keypoints`, `${keypoints.length} keypoints`);
  const at = keypoints.findIndex((own, i) => own !== names[i]);
  if (at >= 0) refuse(`"${names[at]}"`, `"${keypoints[at]}" as keypoint ${at + 1}`);
}

/**
 * A source for `createLoader`: people with labelled keypoints in the picture; crowds and people without such labels are masked where they
 * have a mask, as they hide people that the network would be punished for finding.
 *
 * @throws {@link InvalidArgumentError} for a polygon in a picture whose size is not given; as `pictureFiles`; CocoMismatchError for another
 *   number of keypoints than the category has.
 */
export function cocoPoses(data: BoundData, { skipEmpty = false }: Pick<TaskRecipe, 'skipEmpty'> = {}): CocoPoseSource {
  const { dataset } = data;
  const catIds = data.categoryIds[0]!;
  const { used, report } = boundObjects('keypoints', data, 'training');
  const samples: { readonly sample: PoseSample; readonly hidden: readonly CocoId[] }[] = [];
  for (const { imageId, ...picture } of pictureFiles(data)) {
    const objects: PoseObject[] = [];
    const hidden: CocoId[] = [];
    for (const row of dataset.rows({ imgIds: imageId, catIds })) {
      const { keypoints = [], segmentation, id } = dataset.annotation(row);
      if (used[row] === 1) objects.push({ keypoints });
      else if (segmentation !== undefined && id !== undefined) {
        // Files without masks often have an empty list of polygons.
        if (Array.isArray(segmentation) && segmentation.length === 0) continue;
        if (Array.isArray(segmentation)) needSize(dataset, imageId);
        hidden.push(id);
      }
    }
    if (skipEmpty && objects.length === 0) continue;
    samples.push({ sample: { ...picture, objects, imageId }, hidden });
  }
  if (samples.length === 0) {
    throw new InvalidArgumentError('cocoPoses', 'dataset', 'no labelled keypoints', 'a data set with some');
  }
  return {
    length: samples.length,
    get(index) {
      const { sample, hidden } = samples[index]!;
      return hidden.length === 0 ? sample : { ...sample, ignore: maskOf(dataset, hidden) };
    },
    report,
  };
}

/** Polygons are drawn into a picture of known size. */
function needSize(dataset: CocoDataset, imageId: CocoId): void {
  const { height, width } = dataset.loadImgs(imageId)[0]!;
  if (height && width) return;
  throw new InvalidArgumentError('cocoPoses', `size of image ${imageId}`, undefined, 'given, as it has a mask');
}

function maskOf(dataset: CocoDataset, ids: readonly CocoId[]): PixelMask {
  const [first, ...rest] = ids.map((id) => dataset.annToMask(id));
  const data = Uint8Array.from(first!.data);
  for (const mask of rest) for (const [i, value] of mask.data.entries()) if (value !== 0) data[i] = 1;
  return { data, height: first!.height, width: first!.width };
}
