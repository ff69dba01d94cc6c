/** What a network got wrong in a data set, whatever its task: which pictures most, and what was taken for what. */
import {
  analyzeErrors,
  type CocoDetection,
  type CocoId,
  CocoResults,
  type ErrorAnalysis,
  type Evaluation,
} from '@icconv/coco';
import { type BoundData, boundObjects, knownCategories } from '@icconv/task';

/** A picture and what is wrong in it. */
export interface WorstPicture {
  readonly id: CocoId;
  readonly problem: string;
}

/** By COCO's metric: objects that were missed, detections that are wrong. */
export function boxMistakes(
  { params }: Evaluation,
  records: readonly CocoDetection[],
  data: BoundData,
  kind: Parameters<typeof boundObjects>[0],
  options: { readonly minScore?: number } = {},
): { readonly errors: ErrorAnalysis; readonly worst: readonly WorstPicture[] } {
  const { dataset } = boundObjects(kind, data, 'evaluation');
  const errors = analyzeErrors(dataset, CocoResults.parse(records as CocoDetection[]), {
    ...{ iouType: params.iouType, imgIds: params.imgIds, catIds: params.catIds },
    ...(params.iouType === 'keypoints' && { sigmas: params.sigmas }),
    ...options,
  });
  const said = ({ missed, wrong }: ErrorAnalysis['pictures'][number]) =>
    [missed > 0 && `${missed} missed`, wrong > 0 && `${wrong} wrong`].filter(Boolean).join(', ');
  return { errors, worst: errors.pictures.map((one) => ({ id: one.id, problem: said(one) })) };
}

/** Of labels: which class each picture's first one is, surest mistakes first. */
export function labelMistakes(records: readonly CocoDetection[], data: BoundData) {
  const { dataset, used } = boundObjects('labels', data, 'evaluation');
  const { annotations: a } = dataset.columns;
  const ids = knownCategories(data);
  const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
  const nameOf = (id: CocoId | undefined) => (id === undefined ? 'nothing' : (names.get(id) ?? String(id)));
  const place = new Map(ids.map((id, i) => [id, i]));
  const first = new Map(records.filter(({ rank }) => rank === 1).map((record) => [record.image_id, record]));
  const counts = Array.from({ length: ids.length + 1 }, () => new Array<number>(ids.length + 1).fill(0));
  const wrong: (WorstPicture & { readonly score: number })[] = [];
  for (const [row, isUsed] of used.entries()) {
    if (isUsed === 0) continue;
    const truth = a.categoryIds[a.categoryIndex[row]!]!;
    const image = a.imageIds[a.imageIndex[row]!]!;
    const { category_id: predicted, score = 0 } = first.get(image) ?? {};
    const column = predicted === undefined ? ids.length : (place.get(predicted) ?? ids.length);
    counts[place.get(truth)!]![column]!++;
    if (predicted !== truth)
      wrong.push({ id: image, score, problem: `${nameOf(truth)}, taken for ${nameOf(predicted)}` });
  }
  const perCategory = counts.slice(0, -1).map((row) => ({ objects: row.reduce((sum, count) => sum + count, 0) }));
  return {
    confusion: { labels: [...ids.map(nameOf), 'nothing'], counts },
    perCategory,
    worst: wrong.sort((x, y) => y.score - x.score) as readonly WorstPicture[],
  };
}
