/** A number for what a data set says, to tell whether two are the same. */
import { createHash } from 'node:crypto';
import { keypointsOf } from '../data/annotation-builder';
import type { CocoDataset } from '../data/dataset';

/**
 * SHA-256 in hexadecimal of what a training sees of a data set: categories, images, and each annotation's image, category, box, crowd flag
 * and keypoints. Masks are left out, and so is what only the pictures tell: where they lie, and sizes that were filled in.
 */
export function datasetDigest(dataset: CocoDataset): string {
  const known = digests.get(dataset);
  if (known !== undefined) return known;
  const digest = computeDigest(dataset);
  digests.set(dataset, digest);
  return digest;
}

/** A data set does not change, and a training asks more than once. */
const digests = new WeakMap<CocoDataset, string>();

function computeDigest(dataset: CocoDataset): string {
  const hash = createHash('sha256');
  const { annotations } = dataset.columns;
  hash.update(JSON.stringify(dataset.categories));
  for (const id of dataset.getImgIds()) {
    hash.update(`${JSON.stringify([dataset.imageAsRead(dataset.imageRow(id))])}\n`);
  }
  const ids = { images: annotations.imageIds.map(String), categories: annotations.categoryIds.map(String) };
  hash.update(JSON.stringify(ids));
  const { count } = annotations;
  hash.update(bytes(annotations.imageIndex, count));
  hash.update(bytes(annotations.categoryIndex, count));
  hash.update(bytes(annotations.bbox, count * 4));
  hash.update(bytes(annotations.iscrowd, count));
  if (annotations.keypoints !== undefined) {
    for (let row = 0; row < count; row++) hash.update(JSON.stringify(keypointsOf(annotations, row) ?? null));
  }
  return hash.digest('hex');
}

const bytes = (values: Int32Array | Float64Array | Uint8Array, count: number): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, count * values.BYTES_PER_ELEMENT);

/** What is written down of a data set where a run must know it again. */
export function describeDataset(dataset: CocoDataset): Readonly<Record<string, unknown>> {
  return { images: dataset.imageCount, annotations: dataset.annotationCount, digest: datasetDigest(dataset) };
}
