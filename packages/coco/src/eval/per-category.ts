import type { CocoDataset } from '../data/dataset';
import type { CocoId } from '../format/types';
import type { Evaluation } from './evaluation';
import { metricValue } from './summary';

export interface CategoryRow {
  readonly id: CocoId;
  readonly name: string;
  /** Objects to be found. */
  readonly objects: number;
  /** Means as in the summary, of this category; -1 where it has no object. */
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly AR: number;
}

/** The table by category, in order of id. Empty without categories. */
export function perCategory(evaluation: Evaluation, dataset: CocoDataset): CategoryRow[] {
  const { params } = evaluation;
  if (!params.useCats) return [];
  const names = new Map(dataset.categories.map((c) => [c.id, c.name]));
  return params.catIds.map((id, category) => ({
    id,
    name: names.get(id) ?? String(id),
    objects: evaluation.positives[category * params.areaRng.length]!,
    AP: metricValue(evaluation, { kind: 'AP', category }),
    AP50: metricValue(evaluation, { kind: 'AP', category, iou: 0.5 }),
    AP75: metricValue(evaluation, { kind: 'AP', category, iou: 0.75 }),
    AR: metricValue(evaluation, { kind: 'AR', category }),
  }));
}
