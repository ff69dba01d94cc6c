/** The 12 (keypoints: 10) numbers and their printed form, as pycocotools' summarize. */
import type { Evaluation } from './evaluation';
import { pairwiseSum } from './oks';

interface Line {
  readonly name: string;
  readonly kind: 'AP' | 'AR';
  readonly iou?: number;
  readonly area: string;
  readonly maxDets: number;
}

export interface Metric extends Line {
  /** Mean over categories (and thresholds); -1 where there is nothing to find. */
  readonly value: number;
}

function lines(evaluation: Evaluation): Line[] {
  const { params } = evaluation;
  const most = params.maxDets.at(-1)!;
  const all = params.areaRngLbl[0]!;
  const sizes = params.areaRngLbl.slice(1);
  const bySize = (kind: 'AP' | 'AR'): Line[] =>
    sizes.map((area) => ({ name: `${kind}${area}`, kind, area, maxDets: most }));
  const three = (kind: 'AP' | 'AR'): Line[] => [
    { name: kind, kind, area: all, maxDets: most },
    { name: `${kind}50`, kind, iou: 0.5, area: all, maxDets: most },
    { name: `${kind}75`, kind, iou: 0.75, area: all, maxDets: most },
  ];
  if (params.iouType === 'keypoints') return [...three('AP'), ...bySize('AP'), ...three('AR'), ...bySize('AR')];
  const [first, ...rest] = three('AP');
  // pycocotools asks for 100 detections in the first line whatever was set.
  const head: Line = params.compat === 'pycocotools' ? { ...first!, maxDets: 100 } : first!;
  const byLimit = params.maxDets.map((m): Line => ({ name: `AR${m}`, kind: 'AR', area: all, maxDets: m }));
  return [head, ...rest, ...bySize('AP'), ...byLimit, ...bySize('AR')];
}

/** The metrics in the order in which they are printed. */
export function metrics(evaluation: Evaluation): Metric[] {
  return lines(evaluation).map((line) => ({ ...line, value: metricValue(evaluation, line) }));
}

/** Mean of precision or recall over a slice; -1 where it is empty. */
export function metricValue(
  evaluation: Evaluation,
  select: {
    readonly kind: 'AP' | 'AR';
    readonly iou?: number;
    readonly area?: string;
    readonly maxDets?: number;
    /** Place of one category in `params.catIds`. */
    readonly category?: number;
  },
): number {
  const { params, precision, recall, counts } = evaluation;
  const [T, R, K, A, M] = counts;
  const a = select.area === undefined ? 0 : params.areaRngLbl.indexOf(select.area);
  const m = select.maxDets === undefined ? M - 1 : params.maxDets.indexOf(select.maxDets);
  if (a < 0 || m < 0) return -1;
  const source = select.kind === 'AP' ? precision : recall;
  const depth = select.kind === 'AP' ? R : 1;
  const first = select.category ?? 0;
  const last = select.category === undefined ? K : first + 1;
  const values = new Float64Array(T * depth * (last - first));
  let n = 0;
  for (let t = 0; t < T; t++) {
    if (select.iou !== undefined && Math.abs(params.iouThrs[t]! - select.iou) > 1e-9) continue;
    for (let r = 0; r < depth; r++) {
      for (let k = first; k < last; k++) {
        const value = source[(((t * depth + r) * K + k) * A + a) * M + m]!;
        if (value > -1) values[n++] = value;
      }
    }
  }
  return n === 0 ? -1 : pairwiseSum(values, 0, n) / n;
}

/** The summary as pycocotools prints it. */
export function formatSummary(evaluation: Evaluation): string {
  const { params } = evaluation;
  const range = `${fixed(params.iouThrs[0]!, 2)}:${fixed(params.iouThrs.at(-1)!, 2)}`;
  const text = metrics(evaluation).map(({ kind, iou, area, maxDets, value }) =>
    line(kind, iou === undefined ? range : fixed(iou, 2), 'area', area, maxDets, value),
  );
  for (const [name, value] of Object.entries(evaluation.crowdIndexAp ?? {})) {
    text.push(line('AP', range, 'type', name, params.maxDets.at(-1)!, value));
  }
  return text.join('\n');
}

function line(kind: 'AP' | 'AR', iou: string, word: string, label: string, maxDets: number, value: number): string {
  const title = kind === 'AP' ? 'Average Precision  (AP)' : 'Average Recall     (AR)';
  return ` ${title} @[ IoU=${iou.padEnd(9)} | ${word}=${label.padStart(6)} | maxDets=${String(maxDets).padStart(3)} ] = ${fixed(value, 3)}`;
}

/** As Python's format: an exact half goes to the even digit (toFixed takes it up). */
function fixed(value: number, digits: number): string {
  const scaled = Math.abs(value) * 10 ** digits;
  const whole = Math.floor(scaled);
  // Only multiples of 1/2^digits and so on are exact halves; scaling those is exact too.
  if (scaled - whole === 0.5 && (value * 2 ** (digits + 1)) % 1 === 0 && whole % 2 === 0) {
    return `${value < 0 ? '-' : ''}${(whole / 10 ** digits).toFixed(digits)}`;
  }
  return value.toFixed(digits);
}
