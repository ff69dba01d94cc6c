/** The result of an evaluation and what is read off it. */
import type { CocoId } from '../format/types';
import type { Curves } from './accumulate';
import type { EvaluationParams } from './params';
import type { EvaluationWarning } from './warnings';

/** Plain, JSON-safe but for the typed arrays. */
export interface Evaluation extends Curves {
  readonly params: EvaluationParams;
  /** Sizes T, R, K, A, M of the arrays. */
  readonly counts: readonly [number, number, number, number, number];
  /** The summary's numbers by name: AP, AP50, AP75, APsmall, ..., AR1, AR10, AR100, ARsmall, ...; CrowdPose adds APeasy, APmedium, APhard. */
  readonly stats: Readonly<Record<string, number>>;
  /** CrowdPose: AP of the images by crowd index. */
  readonly crowdIndexAp?: Readonly<Record<'easy' | 'medium' | 'hard', number>>;
  /** Objects to be found in each category and area range, `[K, A]`. */
  readonly positives: Int32Array;
  /** Detections left out: their image, or their category, is not evaluated. */
  readonly skipped: { readonly images: number; readonly categories: number };
  /** What was left out because its ids are unknown, and objects without size; for people to read. */
  readonly warnings: readonly EvaluationWarning[];
}

export interface PrecisionRecallPoint {
  readonly recall: number;
  readonly precision: number;
  /** Least score needed for that recall; 0 where it is not reached. */
  readonly score: number;
}

/** Precision over recall at one overlap, of one category or averaged over all. Empty where there is nothing to find. */
export function precisionRecallCurve(
  evaluation: Evaluation,
  options: {
    readonly iou?: number;
    readonly area?: string;
    readonly maxDets?: number;
    readonly categoryId?: CocoId;
  } = {},
): PrecisionRecallPoint[] {
  const { params, counts, precision, scores } = evaluation;
  const [, R, K, A, M] = counts;
  const iou = options.iou ?? params.iouThrs[0]!;
  const t = params.iouThrs.findIndex((threshold) => Math.abs(threshold - iou) < 1e-9);
  const a = options.area === undefined ? 0 : params.areaRngLbl.indexOf(options.area);
  const m = options.maxDets === undefined ? M - 1 : params.maxDets.indexOf(options.maxDets);
  const only = options.categoryId === undefined ? -1 : params.catIds.indexOf(options.categoryId);
  if (t < 0 || a < 0 || m < 0 || (options.categoryId !== undefined && only < 0)) return [];
  const points: PrecisionRecallPoint[] = [];
  for (let r = 0; r < R; r++) {
    let [p, s, n] = [0, 0, 0];
    for (let k = 0; k < K; k++) {
      if (only >= 0 && k !== only) continue;
      const at = (((t * R + r) * K + k) * A + a) * M + m;
      if (precision[at]! < 0) continue;
      p += precision[at]!;
      s += scores[at]!;
      n++;
    }
    if (n > 0) points.push({ recall: params.recThrs[r]!, precision: p / n, score: s / n });
  }
  return points;
}
