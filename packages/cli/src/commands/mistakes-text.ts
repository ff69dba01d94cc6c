/** What a network finds, misses and gets wrong at a score, for people. */
import type { ErrorAnalysis } from '@icconv/coco';
import { table } from '../ui/table';

/** @param measure - what is compared, such as `overlap of boxes`. */
export function mistakesText({ minScore, iouThr, total, sizes }: ErrorAnalysis, measure: string): string {
  const { objects, correct, classification, duplicate, localisation, both, background } = total;
  const wrong = classification + duplicate + localisation + both + background;
  const share = (part: number, whole: number) => (whole === 0 ? '' : (part / whole).toFixed(3));
  const rows = sizes.map(({ size, ...row }) => [size, row.objects, row.correct, share(row.correct, row.objects)]);
  const kinds = [
    [classification, 'of another class'],
    [duplicate, 'found before'],
    [localisation, 'badly placed'],
    [both, 'badly placed and of another class'],
    [background, 'where nothing is'],
  ] as const;
  const named = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${kind}`);
  return [
    `At scores of ${minScore} and more, an object is found where the ${measure} is ${iouThr}:`,
    table(['objects', 'all', 'found', 'recall'], [...rows, ['all', objects, correct, share(correct, objects)]]),
    `precision ${share(correct, correct + wrong)}: ${correct} right, ${wrong} wrong${named.length > 0 ? ` (${named.join(', ')})` : ''}`,
  ].join('\n');
}
