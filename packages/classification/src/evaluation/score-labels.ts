/** Top-1 and top-5 accuracy, as ImageNet counts. */
import type { CocoDetection, CocoId } from '@icconv/coco';
import type { BoundData } from '@icconv/task';
import type { ClassificationResult } from '../classifier/classify-picture';
import { pictureLabels } from '../data/coco-labels';

const MOST = 5;

export interface ClassificationEvaluation {
  /** Shares of the pictures, 0 to 1, whose label is the first, or among the first five, of the network's classes. */
  readonly stats: Readonly<Record<'top1' | 'top5', number>>;
  /** Pictures with a label that the network knows: those that count. */
  readonly pictures: number;
}

/** The first five classes as COCO's results; `rank` counts those too that the data set lacks. */
export function labelRecords(
  { classes }: ClassificationResult,
  imageId: CocoId,
  categoryIds: BoundData['categoryIds'],
): CocoDetection[] {
  return classes.slice(0, MOST).flatMap(({ classId, score }, i) => {
    const category = categoryIds[classId];
    return category === undefined ? [] : [{ image_id: imageId, category_id: category, score, rank: i + 1 }];
  });
}

/** A picture in which nothing was found, as it cannot be read, is a wrong one. @throws CocoError where no picture has a label. */
export function scoreLabels(records: readonly CocoDetection[], data: BoundData): ClassificationEvaluation {
  const labels = pictureLabels(data, 'evaluation');
  const right = records.filter(({ image_id, category_id }) => labels.get(image_id) === category_id);
  const share = (most: number) => right.filter(({ rank }) => Number(rank) <= most).length / labels.size;
  return { stats: { top1: share(1), top5: share(MOST) }, pictures: labels.size };
}

/** For people. */
export function formatLabels({ stats, pictures }: ClassificationEvaluation): string {
  const line = (name: string, share: number) => `${name} accuracy = ${share.toFixed(3)}`;
  return [`pictures = ${pictures}`, line('top-1', stats.top1), line('top-5', stats.top5)].join('\n');
}
