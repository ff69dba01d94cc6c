/**
 * What kind of mistake each detection is, and which objects nobody found.
 *
 * Detections above a score are matched once, at one overlap, to the objects of their image. Kinds as in Hoiem et al. (ECCV 2012) and
 * TIDE (Bolya et al., ECCV 2020), by overlap with the objects that are not crowds:
 *   correct         takes a free object of its category, overlap >= iouThr;
 *   classification  overlap >= iouThr with an object of another category;
 *   duplicate       overlap >= iouThr with an object of its category that a higher score has taken;
 *   localisation    overlap in [background, iouThr) with an object of its category;
 *   both            overlap in [background, iouThr) with an object of another category;
 *   background      overlaps nothing by as much as `background`.
 * An object is missed when no detection is correct for it, wrong in category on it, or badly placed on it.
 */
import type { CocoDataset } from '../data/dataset';
import type { CocoResults } from '../data/results';
import { CocoArgumentError } from '../errors';
import type { CocoDetection, CocoId } from '../format/types';
import { planEvaluation, resultsOf } from './evaluator';
import { AREAS, completeParams, type EvaluateOptions } from './params';
import { sortByScore } from './sort';

export type ErrorKind = 'correct' | 'classification' | 'duplicate' | 'localisation' | 'both' | 'background';

export const ERROR_KINDS: readonly ErrorKind[] = [
  'correct',
  'classification',
  'duplicate',
  'localisation',
  'both',
  'background',
];

export interface ErrorOptions
  extends Pick<EvaluateOptions, 'iouType' | 'imgIds' | 'catIds' | 'sigmas' | 'protocol' | 'unknownImages'> {
  /** Overlap of a match. @defaultValue 0.5 */
  readonly iouThr?: number;
  /** Overlap below which a detection is on the background. @defaultValue 0.1 */
  readonly background?: number;
  /** Detections of lower score are left out. @defaultValue 0.3 */
  readonly minScore?: number;
}

export interface ErrorRow extends Readonly<Record<ErrorKind, number>> {
  readonly id: CocoId;
  readonly name: string;
  readonly objects: number;
  readonly missed: number;
}

/** COCO's sizes of objects, whatever is compared. */
export type ObjectSize = 'small' | 'medium' | 'large';

const SIZES: readonly ObjectSize[] = ['small', 'medium', 'large'];

export interface ErrorAnalysis {
  readonly iouThr: number;
  readonly background: number;
  readonly minScore: number;
  readonly total: Omit<ErrorRow, 'id' | 'name'>;
  /** Objects by their size, and those of them that a detection is correct for. */
  readonly sizes: readonly { readonly size: ObjectSize; readonly objects: number; readonly correct: number }[];
  /** By category of the detection; `objects` and `missed` by category of the object. */
  readonly perCategory: readonly ErrorRow[];
  /** Pictures with mistakes, most first: objects that were missed, and detections that are wrong. */
  readonly pictures: readonly { readonly id: CocoId; readonly missed: number; readonly wrong: number }[];
  /** `counts[true][predicted]`, both by `labels`, whose last is the background. */
  readonly confusion: { readonly labels: readonly string[]; readonly counts: readonly (readonly number[])[] };
}

const DEFAULTS = { iouThr: 0.5, background: 0.1, minScore: 0.3 };

/** Sorts detections by kind of mistake. @throws as {@link evaluate}. */
export function analyzeErrors(
  gt: CocoDataset,
  dt: CocoResults | readonly CocoDetection[],
  options: ErrorOptions,
): ErrorAnalysis {
  const { iouThr, background, minScore } = { ...DEFAULTS, ...options };
  if (!(background > 0 && background < iouThr && iouThr <= 1)) {
    throw new CocoArgumentError(
      'analyzeErrors',
      'background',
      background,
      `in (0, iouThr = ${iouThr}), iouThr at most 1`,
    );
  }
  const results = resultsOf(dt);
  // One group an image, so that objects of every category are compared; the mask overlap must be exact from `background` on.
  const { iouThr: _1, background: _2, minScore: _3, ...evaluateOptions } = options;
  const params = completeParams({ ...evaluateOptions, useCats: false, iouThrs: [background] }, gt);
  const plan = planEvaluation(gt, results, params);
  const tally = new ErrorTally(params.catIds, gt, { iouThr, background });
  const { truth, detections } = plan;
  const { rows, image } = detections;
  const { score, categoryIndex, categoryIds } = results.columns;
  const truthClass = Int32Array.from(gt.columns.annotations.categoryIds, (id) => truth.places.category(id));
  const resultClass = Int32Array.from(categoryIds, (id) => truth.places.category(id));
  let g = 0;
  let d = 0;
  while (g < truth.grouped.rows.length || d < rows.length) {
    const current = Math.min(truth.grouped.image[g] ?? params.imgIds.length, image[d] ?? params.imgIds.length);
    const firstObject = g;
    while (truth.grouped.image[g] === current) g++;
    const firstDetection = d;
    while (image[d] === current) d++;
    sortByScore(rows, firstDetection, d, score);
    let stop = firstDetection;
    while (stop < d && score[rows[stop]!]! >= minScore) stop++;
    const taking = rows.subarray(firstDetection, stop);
    const objects = truth.grouped.rows.subarray(firstObject, g);
    const overlaps = new Float64Array(taking.length * objects.length);
    if (overlaps.length > 0) plan.source.fill(firstObject, g, taking, taking.length, current, overlaps);
    tally.image(
      params.imgIds[current]!,
      Array.from(objects, (row) => truthClass[gt.columns.annotations.categoryIndex[row]!]!),
      Array.from(objects, (row) => truth.ignore[row] === 1),
      Array.from(objects, (row) => SIZES.findIndex((size) => truth.area[row]! < AREAS[size][1])),
      Array.from(taking, (row) => resultClass[categoryIndex[row]!]!),
      overlaps,
    );
  }
  return { iouThr, background, minScore, ...tally.finish() };
}

class ErrorTally {
  private readonly kinds: Record<ErrorKind, Int32Array>;
  private readonly objects: Int32Array;
  private readonly missed: Int32Array;
  private readonly confusion: Int32Array[];
  private readonly pictures: { readonly id: CocoId; readonly missed: number; readonly wrong: number }[] = [];
  /** Objects by size, and the found ones. */
  private readonly ofSize = new Int32Array(SIZES.length);
  private readonly correctOfSize = new Int32Array(SIZES.length);

  constructor(
    private readonly catIds: readonly CocoId[],
    private readonly gt: CocoDataset,
    private readonly limits: { readonly iouThr: number; readonly background: number },
  ) {
    const K = catIds.length;
    const column = () => new Int32Array(K);
    this.kinds = {
      correct: column(),
      classification: column(),
      duplicate: column(),
      localisation: column(),
      both: column(),
      background: column(),
    };
    this.objects = column();
    this.missed = column();
    this.confusion = Array.from({ length: K + 1 }, () => new Int32Array(K + 1));
  }

  /** One image: categories, ignore flags and sizes of its G objects, categories of its D detections by falling score, overlaps [D, G]. */
  image(
    id: CocoId,
    objects: readonly number[],
    ignored: readonly boolean[],
    sizes: readonly number[],
    detections: readonly number[],
    overlaps: Float64Array,
  ): void {
    const G = objects.length;
    const none = this.catIds.length;
    const found = new Uint8Array(G);
    const touched = new Uint8Array(G);
    const confused = new Uint8Array(G);
    let [missed, wrong] = [0, 0];
    for (let d = 0; d < detections.length; d++) {
      const predicted = detections[d]!;
      const [kind, object] = this.judge(predicted, objects, ignored, found, overlaps.subarray(d * G, d * G + G));
      if (kind === 'ignored') continue;
      this.kinds[kind][predicted]!++;
      if (kind !== 'correct') wrong++;
      if (object >= 0) touched[object] = 1;
      if (kind === 'correct') found[object] = 1;
      const mistaken = kind === 'classification' && found[object] === 0 && confused[object] === 0;
      if (mistaken) confused[object] = 1;
      this.confusion[kind === 'correct' || mistaken ? objects[object]! : none]![predicted]!++;
    }
    for (let g = 0; g < G; g++) {
      if (ignored[g]) continue;
      const category = objects[g]!;
      this.objects[category]!++;
      this.ofSize[sizes[g]!]!++;
      if (found[g] === 1) this.correctOfSize[sizes[g]!]!++;
      if (touched[g] === 0) {
        this.missed[category]!++;
        missed++;
      }
      if (found[g] === 0 && confused[g] === 0) this.confusion[category]![none]!++;
    }
    if (missed + wrong > 0) this.pictures.push({ id, missed, wrong });
  }

  private judge(
    predicted: number,
    objects: readonly number[],
    ignored: readonly boolean[],
    found: Uint8Array,
    overlaps: Float64Array,
  ): [ErrorKind | 'ignored', number] {
    const { iouThr, background } = this.limits;
    const best = (allowed: (g: number) => boolean, least: number): number => {
      let at = -1;
      let most = least;
      for (let g = 0; g < objects.length; g++) {
        if (overlaps[g]! >= most && allowed(g)) {
          most = overlaps[g]!;
          at = g;
        }
      }
      return at;
    };
    const same = (g: number) => objects[g] === predicted && !ignored[g];
    const other = (g: number) => objects[g] !== predicted && !ignored[g];
    const free = best((g) => same(g) && found[g] === 0, iouThr);
    if (free >= 0) return ['correct', free];
    const crowd = best((g) => objects[g] === predicted && ignored[g]!, iouThr);
    if (crowd >= 0) return ['ignored', -1];
    const wrong = best(other, iouThr);
    if (wrong >= 0) return ['classification', wrong];
    const taken = best(same, iouThr);
    if (taken >= 0) return ['duplicate', taken];
    const near = best(same, background);
    if (near >= 0) return ['localisation', near];
    const nearOther = best(other, background);
    if (nearOther >= 0) return ['both', -1];
    return ['background', -1];
  }

  finish(): Pick<ErrorAnalysis, 'total' | 'sizes' | 'perCategory' | 'pictures' | 'confusion'> {
    const names = new Map(this.gt.categories.map((c) => [c.id, c.name]));
    const perCategory = this.catIds.map(
      (id, k): ErrorRow => ({ id, name: names.get(id) ?? String(id), ...this.row((c) => c[k]!) }),
    );
    return {
      total: this.row((column) => column.reduce((a, b) => a + b, 0)),
      sizes: SIZES.map((size, i) => ({ size, objects: this.ofSize[i]!, correct: this.correctOfSize[i]! })),
      perCategory,
      pictures: this.pictures.sort((a, b) => b.missed + b.wrong - (a.missed + a.wrong)),
      confusion: {
        labels: [...perCategory.map((row) => row.name), 'background'],
        counts: this.confusion.map((row) => Array.from(row)),
      },
    };
  }

  private row(read: (column: Int32Array) => number): Omit<ErrorRow, 'id' | 'name'> {
    const { kinds } = this;
    return {
      objects: read(this.objects),
      correct: read(kinds.correct),
      classification: read(kinds.classification),
      duplicate: read(kinds.duplicate),
      localisation: read(kinds.localisation),
      both: read(kinds.both),
      background: read(kinds.background),
      missed: read(this.missed),
    };
  }
}
