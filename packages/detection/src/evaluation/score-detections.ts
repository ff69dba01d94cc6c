/** What was found as COCO's results, and COCO's metric of it. */
import { defined } from '@icconv/base';
import { type CocoDetection, type CocoId, CocoResults, type Evaluation, evaluate, formatSummary } from '@icconv/coco';
import { type BoundData, boundObjects, knownCategories } from '@icconv/task';
import type { DetectionModel } from '../config/detection-model';
import type { DetectionResult } from '../detector/types';

export interface DetectionEvaluation extends Evaluation {
  /** Of a network with masks: the metric of these, whose numbers stand among `stats` too, as `maskAP`, `maskAP50` and so on. */
  readonly masks?: Evaluation;
}

/**
 * Boxes [x, y, width, height] in pixels of the picture, and masks of networks that have them; those of classes that the data set lacks are
 * left out.
 */
export function detectionRecords(
  { detections }: DetectionResult,
  imageId: CocoId,
  categoryIds: BoundData['categoryIds'],
): CocoDetection[] {
  return detections.flatMap(({ box: [x1, y1, x2, y2], score, classId, mask: segmentation }) => {
    const id = categoryIds[classId];
    const bbox = [x1, y1, x2 - x1, y2 - y1];
    if (id === undefined) return [];
    return { image_id: imageId, category_id: id, bbox, ...defined({ segmentation }), score };
  });
}

/**
 * `stats` holds AP, AP50, AP75, APsmall, ..., AR100. Objects without a box are scored by that of their mask; those without either do not
 * count, nor do categories that are none of the network's classes. Masks are scored where the network has them.
 *
 * @throws CocoMismatchError for objects without a mask where masks are scored.
 */
export function scoreDetections(
  records: readonly CocoDetection[],
  data: BoundData,
  { config }: DetectionModel,
): DetectionEvaluation {
  const masked = config.mask !== undefined;
  const { dataset } = boundObjects(kindOf(config), data, 'evaluation');
  const results = CocoResults.parse(records as CocoDetection[]);
  const how = { catIds: knownCategories(data), ...defined({ imgIds: data.imageIds }) };
  const boxes = evaluate(dataset, results, { iouType: 'bbox', ...how });
  if (!masked) return boxes;
  const masks = evaluate(dataset, results, { iouType: 'segm', ...how });
  const named = Object.entries(masks.stats).map(([name, value]) => [`mask${name}`, value]);
  return { ...boxes, stats: { ...boxes.stats, ...Object.fromEntries(named) }, masks };
}

/** Both summaries, of boxes and of masks. */
export function formatDetections({ masks, ...boxes }: DetectionEvaluation): string {
  if (masks === undefined) return formatSummary(boxes);
  return `boxes\n${formatSummary(boxes)}\n\nmasks\n${formatSummary(masks)}`;
}

/** What of an object is learned and scored. */
export const kindOf = ({ mask }: DetectionModel['config']) => (mask === undefined ? 'boxes' : 'masks');
