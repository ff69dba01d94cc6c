/** Cases made with pycocotools (tooling/reference/make_coco_eval.py), compared in every element of the arrays. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { maxAbsError } from '@icconv/test-utils';
import { describe, expect, test } from 'vitest';
import {
  CocoDataset,
  type CocoDetection,
  CocoEvaluator,
  CocoResults,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  formatSummary,
  type IouType,
} from '../src/index';

interface Case {
  readonly name: string;
  readonly iouType: IouType;
  readonly params: Record<string, unknown>;
  readonly fault: boolean;
  readonly gt: object;
  readonly dt: CocoDetection[];
  readonly counts: number[];
  readonly stats: number[];
  readonly summary: string;
  readonly precision: number[];
  readonly recall: number[];
  readonly scores: number[];
}

const { cases, tolerance } = JSON.parse(
  gunzipSync(readFileSync(new URL('./fixtures/evaluation.json.gz', import.meta.url))).toString(),
) as { cases: Case[]; tolerance: number };

function options(known: Case, compat: 'none' | 'pycocotools'): EvaluateOptions {
  const { useCats, ...rest } = known.params;
  return { iouType: known.iouType, compat, ...rest, ...(useCats === 0 && { useCats: false }) };
}

function expectEqual(evaluation: Evaluation, known: Case): void {
  expect(evaluation.counts).toEqual(known.counts);
  for (const key of ['precision', 'recall', 'scores'] as const) {
    expect(maxAbsError(evaluation[key], known[key]), key).toBeLessThan(tolerance);
  }
  expect(maxAbsError(Object.values(evaluation.stats), known.stats), 'stats').toBeLessThan(tolerance);
  expect(`${formatSummary(evaluation)}\n`).toBe(known.summary);
}

describe('evaluation equals pycocotools', () => {
  for (const known of cases) {
    test(known.name, () => {
      const gt = CocoDataset.parse(known.gt);
      expectEqual(evaluate(gt, known.dt, options(known, 'pycocotools')), known);
      const own = evaluate(gt, known.dt, options(known, 'none'));
      if (!known.fault) expectEqual(own, known);
      else expect(maxAbsError(own.precision, known.precision)).toBeGreaterThan(1e-3);
    });
  }
});

describe('image by image equals all at once', () => {
  for (const known of cases) {
    test(known.name, () => {
      const gt = CocoDataset.parse(known.gt);
      const settings = options(known, 'none');
      const whole = evaluate(gt, known.dt, settings);
      const ids = [...new Set(known.dt.map((d) => d.image_id))];
      for (const order of [ids, ids.toReversed()]) {
        const evaluator = new CocoEvaluator(gt, { ...settings, unknownImages: 'ignore' });
        for (const id of order)
          evaluator.add(
            id,
            known.dt.filter((d) => d.image_id === id),
          );
        const streamed = evaluator.finish();
        expect(maxAbsError(streamed.precision, whole.precision)).toBe(0);
        expect(maxAbsError(streamed.scores, whole.scores)).toBe(0);
        expect(streamed.stats).toEqual(whole.stats);
      }
    });
  }
});

test('results reach the same columns from objects, text, bytes and pieces', async () => {
  const { dt } = cases[0]!;
  const text = JSON.stringify(dt, null, 1);
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  }
  const expected = [...CocoResults.parse(dt)];
  expect(expected).toEqual(dt);
  for (const results of [CocoResults.parse(text), CocoResults.parse(bytes), await CocoResults.parseStream(pieces())]) {
    expect([...results]).toEqual(expected);
  }
});
