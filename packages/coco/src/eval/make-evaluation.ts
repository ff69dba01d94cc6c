import type { Curves } from './accumulate';
import type { Evaluation } from './evaluation';
import type { EvaluationParams } from './params';
import { metrics } from './summary';
import type { EvaluationWarning } from './warnings';

export function makeEvaluation(
  params: EvaluationParams,
  curves: Curves,
  positives: Int32Array,
  skipped: Evaluation['skipped'],
  warnings: readonly EvaluationWarning[],
): Evaluation {
  const categories = positives.length / params.areaRng.length;
  const evaluation: Evaluation = {
    ...curves,
    params,
    counts: [params.iouThrs.length, params.recThrs.length, categories, params.areaRng.length, params.maxDets.length],
    stats: {},
    positives,
    skipped,
    warnings,
  };
  const stats: Record<string, number> = {};
  for (const { name, value } of metrics(evaluation)) stats[name] = value;
  return { ...evaluation, stats };
}
