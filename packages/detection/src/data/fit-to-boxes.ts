/** A detector's anchors and pooling levels by the boxes of the data that it learns from. */
import { defined } from '@icconv/base';
import { type CocoDataset, type CocoId, selectObjects } from '@icconv/coco';
import type { Box } from '@icconv/training';
import { anchorOverlap, anchorsFor, levelRuleFor } from '../anchors/fit-anchors';
import type { DetectionModel } from '../config/detection-model';
import type { InputConfig } from '../config/faster-rcnn-config';
import { resizedSize } from '../input/prepare';

/**
 * Boxes that a training learns from, as they lie in the network's input at inference: x1 y1 x2 y2 in its pixels. Pictures whose size is not
 * known are left out.
 *
 * @param categoryIds - that are learned. @defaultValue all of the dataset
 */
export function inputBoxes(dataset: CocoDataset, input: InputConfig, categoryIds?: readonly CocoId[]): Box[] {
  const selected = selectObjects(dataset, { task: 'boxes', use: 'training', ...defined({ categoryIds }) });
  const { annotations } = selected.dataset.columns;
  const boxes: Box[] = [];
  for (const imageId of dataset.getImgIds()) {
    const { height, width } = dataset.imageSize(imageId);
    if (!(height > 0 && width > 0)) continue;
    const [rows, columns] = resizedSize(height, width, input);
    const [sy, sx] = [rows / height, columns / width];
    for (const row of dataset.rows({ imgIds: imageId })) {
      if (selected.used[row] === 0) continue;
      const [x, y, w, h] = annotations.bbox.subarray(row * 4, row * 4 + 4) as unknown as Box;
      boxes.push([x * sx, y * sy, (x + w) * sx, (y + h) * sy]);
    }
  }
  return boxes;
}

/** The model with anchors and level rule for the data, and a line about them. */
export function fitToBoxes(
  { config, ...model }: DetectionModel,
  dataset: CocoDataset,
  categoryIds: readonly CocoId[],
): { readonly model: DetectionModel; readonly note: string } {
  const boxes = inputBoxes(dataset, config.input, categoryIds);
  const anchors = anchorsFor(boxes, config.rpn.anchors);
  const levelRule = levelRuleFor(boxes, config.roi.levelRule);
  const rounded = (values: readonly number[], digits: number) => values.map((value) => value.toFixed(digits)).join(' ');
  const [before, after] = [config.rpn.anchors, anchors].map((one) => anchorOverlap(boxes, one).toFixed(2));
  const fitted = `sizes ${rounded(anchors.sizes.flat(), 0)}, ratios ${rounded(anchors.ratios, 2)}`;
  return {
    model: { ...model, config: { ...config, rpn: { ...config.rpn, anchors }, roi: { ...config.roi, levelRule } } },
    note: `anchors fitted to ${boxes.length} boxes: ${fitted}; mean overlap ${after}, ${before} before`,
  };
}
