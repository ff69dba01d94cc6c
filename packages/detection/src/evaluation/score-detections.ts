/** What was found as COCO's results, and COCO's metric of it. */
import { defined } from '@icconv/base';
import { type CocoDetection, type CocoId, CocoResults, type Evaluation, evaluate } from '@icconv/coco';
import { type BoundData, boundObjects, knownCategories } from '@icconv/task';
import type { DetectionResult } from '../detector/types';

/** Boxes [x, y, width, height] in pixels of the picture; those of classes that the data set lacks are left out. */
export function detectionRecords(
  { detections }: DetectionResult,
  imageId: CocoId,
  categoryIds: BoundData['categoryIds'],
): CocoDetection[] {
  return detections.flatMap(({ box: [x1, y1, x2, y2], score, classId }) => {
    const id = categoryIds[classId];
    return id === undefined ? [] : { image_id: imageId, category_id: id, bbox: [x1, y1, x2 - x1, y2 - y1], score };
  });
}

/**
 * `stats` holds AP, AP50, AP75, APsmall, ..., AR100. Objects without a box are scored by that of their mask; those without either do not
 * count, nor do categories that are none of the network's classes.
 */
export function scoreDetections(records: readonly CocoDetection[], data: BoundData): Evaluation {
  const { dataset } = boundObjects('boxes', data, 'evaluation');
  return evaluate(dataset, CocoResults.parse(records as CocoDetection[]), {
    ...{ iouType: 'bbox', catIds: knownCategories(data) },
    ...defined({ imgIds: data.imageIds }),
  });
}
