/** The known statistics of the shared COCO evaluation cases, computed by pycocotools 2.0.11 or published. */
import { readFileSync } from 'node:fs';
import { testData } from '@icconv/test-utils';
import { describe, expect, test } from 'vitest';
import { CocoDataset, CocoResults, type EvaluateOptions, evaluate, perCategory } from '../src/index';

interface Case {
  readonly gt: string;
  readonly dt: string;
  readonly iouType: string;
  readonly stats?: Record<string, number>;
  readonly published?: Record<string, number>;
  readonly perCategory?: Record<string, { AP: number; AP50: number; AR: number }>;
  readonly minScore?: number;
  readonly dropDtBbox?: boolean;
  readonly sigmas?: number[];
}

const index = testData('coco-eval', 'reference_stats.json');
const cases =
  index === undefined ? {} : (JSON.parse(readFileSync(index, 'utf8')) as { cases: Record<string, Case> }).cases;

describe.skipIf(index === undefined)('reference statistics', () => {
  for (const [name, known] of Object.entries(cases)) {
    for (const compat of ['none', 'pycocotools'] as const) {
      test(`${name} (compat: ${compat})`, () => {
        const read = (file: string) => readFileSync(testData('coco-eval', ...file.split('/'))!);
        const gt = CocoDataset.parse(read(known.gt), { source: known.gt });
        let dt = CocoResults.parse(read(known.dt), { source: known.dt });
        if (known.minScore !== undefined || known.dropDtBbox) {
          const kept = [...dt].filter((d) => d.score >= (known.minScore ?? 0));
          dt = CocoResults.parse(kept.map(({ bbox, ...rest }) => (known.dropDtBbox ? rest : { ...rest, bbox })));
        }
        const crowd = known.iouType === 'keypoints_crowd';
        const options: EvaluateOptions = {
          iouType: (crowd ? 'keypoints' : known.iouType) as EvaluateOptions['iouType'],
          compat,
          ...(crowd && { protocol: 'crowdpose' as const }),
          ...(known.sigmas && { sigmas: known.sigmas }),
        };
        const evaluation = evaluate(gt, dt, options);
        for (const [key, value] of Object.entries(known.stats ?? {})) {
          expect(Math.abs(evaluation.stats[key]! - value), key).toBeLessThan(1e-12);
        }
        for (const [key, value] of Object.entries(known.published ?? {})) {
          const digits = key.startsWith('AP_') ? 5e-5 : 1e-12;
          expect(Math.abs(evaluation.stats[key.replace('_', '')]! - value), `published ${key}`).toBeLessThanOrEqual(
            digits,
          );
        }
        const rows = new Map(perCategory(evaluation, gt).map((row) => [String(row.id), row]));
        for (const [id, expected] of Object.entries(known.perCategory ?? {})) {
          for (const key of ['AP', 'AP50', 'AR'] as const) {
            expect(Math.abs(rows.get(id)![key] - expected[key]), `category ${id} ${key}`).toBeLessThan(1e-12);
          }
        }
      });
    }
  }

  test('string ids that spell integers are the integers', () => {
    const file = (name: string) => readFileSync(testData('coco-eval', 'ignore-bbox', name)!);
    const dt = CocoResults.parse(file('dt.json'));
    const [strings, integers] = ['gt_string_ids.json', 'gt.json'].map((name) =>
      evaluate(CocoDataset.parse(file(name)), dt, { iouType: 'bbox' }),
    );
    expect(strings!.stats).toEqual(integers!.stats);
  });
});
