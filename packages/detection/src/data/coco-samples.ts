/** Training samples from a COCO data set: boxes as corners, categories as class numbers 0 to K - 1. */
import { type CocoDataset, type CocoId, type DataReport, maskPolygons } from '@icconv/coco';
import { pictureFiles } from '@icconv/coco/node';
import { type BoundData, boundObjects, type TaskRecipe } from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { Box, SampleObject } from '@icconv/training';
import type { Sample, SampleSource } from '@icconv/training/node';

export interface DetectionObject extends SampleObject {
  readonly box: Box;
  /** 0 to K - 1. */
  readonly classIndex: number;
}

export interface DetectionSample extends Sample<DetectionObject> {
  readonly imageId: CocoId;
}

export interface CocoSampleSource extends SampleSource<DetectionSample> {
  /** What is learned, and what is left out and why. */
  readonly report: DataReport;
}

/**
 * A source for `createLoader`.
 *
 * Crowds teach nothing about single objects and are left out, as in torchvision's reference training; so are boxes without width or
 * height, boxes outside their picture, and, with `classes`, objects of other categories. An object without a box has that of its mask.
 * Pictures without a box stay.
 *
 * @param masks - objects have their masks, as polygons, and those without are left out. Polygons are made when a sample is asked for: those
 *   of a large data set are more than its annotations.
 * @throws {@link InvalidArgumentError} where `skipEmpty` leaves no picture; as `pictureFiles`.
 */
export function cocoSamples(
  data: BoundData,
  { skipEmpty = false }: Pick<TaskRecipe, 'skipEmpty'> = {},
  masks = false,
): CocoSampleSource {
  const { dataset } = data;
  const classOf = new Map(data.categoryIds.map((id, index) => [id, index]));
  const selected = boundObjects(masks ? 'masks' : 'boxes', data, 'training');
  const { annotations } = selected.dataset.columns;
  const samples: DetectionSample[] = [];
  const rows: number[][] = [];
  const sizes: ({ height: number; width: number } | undefined)[] = [];
  for (const { imageId, ...picture } of pictureFiles(data)) {
    const objects: DetectionObject[] = [];
    const own: number[] = [];
    for (const row of dataset.rows({ imgIds: imageId })) {
      if (selected.used[row] === 0) continue;
      const [x, y, width, height] = annotations.bbox.subarray(row * 4, row * 4 + 4) as unknown as Box;
      const classIndex = classOf.get(annotations.categoryIds[annotations.categoryIndex[row]!]!)!;
      objects.push({ box: [x, y, x + width, y + height], classIndex });
      own.push(row);
    }
    if (skipEmpty && objects.length === 0) continue;
    samples.push({ ...picture, objects, imageId });
    rows.push(own);
    const { height, width } = dataset.imageSize(imageId);
    sizes.push(height > 0 && width > 0 ? { height, width } : undefined);
  }
  if (samples.length === 0) {
    throw new InvalidArgumentError('cocoSamples', 'dataset', 'no pictures', 'a data set with pictures to train on');
  }
  return {
    length: samples.length,
    get: masks ? (index) => withPolygons(samples[index]!, rows[index]!, dataset) : (index) => samples[index]!,
    ...(sizes.every((size) => size !== undefined) && { size: (index: number) => sizes[index]! }),
    report: selected.report,
  };
}

function withPolygons(sample: DetectionSample, rows: readonly number[], dataset: CocoDataset): DetectionSample {
  const objects = sample.objects.map((object, i) => {
    const { segmentation } = dataset.annotation(rows[i]!);
    return { ...object, polygons: maskPolygons(segmentation!) };
  });
  return { ...sample, objects };
}
