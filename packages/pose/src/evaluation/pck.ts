/** Percentage of correct keypoints (Yang and Ramanan, "Articulated Human Detection with Flexible Mixtures of Parts", PAMI 2013). */
import type { CocoDataset, CocoDetection, CocoId } from '@icconv/coco';

export interface PckOptions {
  readonly categoryId: CocoId;
  readonly imageIds: readonly CocoId[];
  /** Of the longer side of the object's box. @defaultValue `0.1` */
  readonly tolerance?: number;
}

/**
 * Share of labelled keypoints that lie within the tolerance of the same keypoint of the pose assigned to their object. Poses, best first,
 * go to the object of which they get most keypoints right, if any; an object without a pose has all of its keypoints wrong.
 *
 * @returns 0 to 1; NaN without labelled keypoints.
 */
export function correctKeypoints(
  results: readonly CocoDetection[],
  dataset: CocoDataset,
  { categoryId, imageIds, tolerance = 0.1 }: PckOptions,
): number {
  let [right, labelled] = [0, 0];
  const byImage = groupByImage(results);
  for (const id of imageIds) {
    const objects = dataset
      .loadAnns(dataset.getAnnIds({ imgIds: id, catIds: categoryId, iscrowd: false }))
      .map(({ keypoints = [], bbox }) => ({ keypoints, reach: tolerance * longerSide(keypoints, bbox) }));
    for (const { keypoints } of objects) labelled += keypoints.filter((v, at) => at % 3 === 2 && v > 0).length;
    const free = new Set(objects);
    for (const { keypoints = [] } of [...(byImage.get(id) ?? [])].sort((a, b) => b.score - a.score)) {
      let best: { readonly object: (typeof objects)[number]; readonly hits: number } | undefined;
      for (const object of free) {
        const hits = count(object.keypoints, keypoints, object.reach);
        if (hits > (best?.hits ?? 0)) best = { object, hits };
      }
      if (best === undefined) continue;
      free.delete(best.object);
      right += best.hits;
    }
  }
  return right / labelled;
}

/** Of the box, or of the extent of the labelled keypoints where there is none. */
function longerSide(keypoints: readonly number[], bbox: readonly number[] | undefined): number {
  if (bbox !== undefined) return Math.max(bbox[2]!, bbox[3]!);
  const side = (axis: number) => {
    const values = keypoints.filter((_, at) => at % 3 === axis && keypoints[at - axis + 2]! > 0);
    return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
  };
  return Math.max(side(0), side(1));
}

function groupByImage(results: readonly CocoDetection[]): Map<CocoId, CocoDetection[]> {
  const groups = new Map<CocoId, CocoDetection[]>();
  for (const one of results) {
    const group = groups.get(one.image_id);
    if (group === undefined) groups.set(one.image_id, [one]);
    else group.push(one);
  }
  return groups;
}

function count(truth: readonly number[], found: readonly number[], reach: number): number {
  let hits = 0;
  for (let at = 0; at + 2 < truth.length; at += 3) {
    if (!(truth[at + 2]! > 0 && found[at + 2]! > 0)) continue;
    if (Math.hypot(found[at]! - truth[at]!, found[at + 1]! - truth[at + 1]!) <= reach) hits++;
  }
  return hits;
}
