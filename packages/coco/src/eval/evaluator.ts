/** The evaluation itself: all at once over results in memory, or image by image as a model produces them. */
import type { CocoDataset } from '../data/dataset';
import { CocoResults, type ResultColumns } from '../data/results';
import { CocoArgumentError, CocoMismatchError } from '../errors';
import { canonicalId } from '../format/ids';
import type { CocoDetection, CocoId } from '../format/types';
import { Accumulator, type Curves, emptyCurves } from './accumulate';
import type { Evaluation } from './evaluation';
import { type GroundTruth, prepareGroundTruth } from './ground-truth';
import { type Grouped, group } from './group';
import { makeEvaluation } from './make-evaluation';
import { Matcher } from './matcher';
import { type OverlapSource, overlapSource } from './overlap';
import { completeParams, type EvaluateOptions, type EvaluationParams } from './params';
import { Tally } from './tally';
import { checkImages, StreamWarnings, warningsOf } from './warnings';

/** Upper ends of CrowdPose's crowd index for "easy" and "medium" images. */
const CROWD_EASY = 0.2;
const CROWD_MEDIUM = 0.8;

/**
 * Evaluates detections against the ground truth: COCO's average precision and recall.
 *
 * @param gt - ground truth.  @param dt - results, or detections as objects.
 * @returns the metrics and the precision and recall arrays.
 * @throws {@link CocoMismatchError} for detections of unknown images (unless told to ignore them), or without what `iouType` compares;
 *   {@link CocoFormatError} for a NaN score.
 * @example
 * const { stats } = evaluate(CocoDataset.parse(gtText), CocoResults.parse(dtText), { iouType: 'bbox' });
 * console.log(stats.AP, stats.AP50);
 */
export function evaluate(
  gt: CocoDataset,
  dt: CocoResults | readonly CocoDetection[],
  options: EvaluateOptions,
): Evaluation {
  const results = resultsOf(dt);
  return evaluateWith(completeParams(options, gt), gt, (params) => {
    const plan = planEvaluation(gt, results, params);
    const curves = emptyCurves(params, plan.categories);
    evaluateCategories(plan, curves, Array(plan.categories).keys());
    return makeEvaluation(
      params,
      curves,
      plan.truth.positives,
      skippedOf(plan.detections),
      warningsOf(gt, results.columns, plan.truth),
    );
  });
}

/** Results, or detections as objects. @throws {@link CocoFormatError} for anything else. */
export function resultsOf(dt: CocoResults | readonly CocoDetection[]): CocoResults {
  if (typeof dt === 'object' && dt !== null && 'columns' in dt) return dt;
  return CocoResults.parse(dt);
}

/** Runs an evaluation, and CrowdPose's three more. */
function evaluateWith(
  params: EvaluationParams,
  gt: CocoDataset,
  run: (params: EvaluationParams) => Evaluation,
): Evaluation {
  const evaluation = run(params);
  if (params.protocol !== 'crowdpose') return evaluation;
  const by = crowdSplits(gt, params.imgIds);
  const ap = (imgIds: readonly CocoId[]) => run({ ...params, imgIds }).stats.AP!;
  return withCrowdIndex(evaluation, { easy: ap(by.easy), medium: ap(by.medium), hard: ap(by.hard) });
}

/** Adds the three means to the metrics. */
function withCrowdIndex(evaluation: Evaluation, ap: NonNullable<Evaluation['crowdIndexAp']>): Evaluation {
  const { easy, medium, hard } = ap;
  const stats = { ...evaluation.stats, APeasy: easy, APmedium: medium, APhard: hard };
  return { ...evaluation, stats, crowdIndexAp: ap };
}

/** Images by `crowdIndex`, the part of a person's box that others' keypoints fill. */
function crowdSplits(gt: CocoDataset, imgIds: readonly CocoId[]): Record<'easy' | 'medium' | 'hard', CocoId[]> {
  const by = { easy: [] as CocoId[], medium: [] as CocoId[], hard: [] as CocoId[] };
  for (const id of imgIds) {
    const row = gt.imageRow(id);
    const { crowdIndex } = row < 0 ? {} : (gt.image(row) as { crowdIndex?: unknown });
    if (typeof crowdIndex !== 'number') {
      throw new CocoMismatchError(`image ${id} has no crowdIndex, which the protocol 'crowdpose' needs`);
    }
    if (crowdIndex < CROWD_EASY) by.easy.push(id);
    else if (crowdIndex < CROWD_MEDIUM) by.medium.push(id);
    else by.hard.push(id);
  }
  return by;
}

/** Everything that the categories share. */
export interface EvaluationPlan {
  readonly params: EvaluationParams;
  readonly truth: GroundTruth;
  readonly results: ResultColumns;
  readonly detections: Grouped;
  readonly source: OverlapSource;
  /** Number of categories; 1 without categories. */
  readonly categories: number;
}

export function planEvaluation(gt: CocoDataset, results: CocoResults, params: EvaluationParams): EvaluationPlan {
  checkImages(gt, results.columns, params);
  const truth = prepareGroundTruth(gt, params);
  const detections = group(results.columns, truth.places);
  const source = overlapSource(truth, results.columns, params);
  return { params, truth, results: results.columns, detections, source, categories: detections.start.length - 1 };
}

/** Evaluates categories of a plan, by their places, and writes their part of the curves. */
export function evaluateCategories(plan: EvaluationPlan, curves: Curves, places: Iterable<number>): void {
  const { params, truth, results, detections, source } = plan;
  const matcher = new Matcher(truth, params);
  const accumulator = new Accumulator(params, curves, plan.categories);
  const tally = new Tally(matcher.tallyWords);
  const { rows, image, start } = detections;
  for (const k of places) {
    tally.clear();
    const end = start[k + 1]!;
    for (let from = start[k]!; from < end; ) {
      let to = from + 1;
      while (to < end && image[to] === image[from]) to++;
      matcher.match(k, image[from]!, rows, from, to, results, source, tally);
      from = to;
    }
    accumulator.add(k, tally, truth.positives, true);
  }
}

export function skippedOf(grouped: Grouped): Evaluation['skipped'] {
  return { images: grouped.skippedImages, categories: grouped.skippedCategories };
}

/**
 * Evaluates image by image: detections are matched when they are added, and what stays is about 70 bytes for each of the at most
 * `maxDets` of an image and category. Images that are never added count as images without detections.
 *
 * @example
 * const evaluator = new CocoEvaluator(gt, { iouType: 'bbox' });
 * for (const { imageId, detections } of model) evaluator.add(imageId, detections);
 * console.log(formatSummary(evaluator.finish()));
 */
export class CocoEvaluator {
  readonly params: EvaluationParams;
  private readonly truth: GroundTruth;
  private readonly matcher: Matcher;
  private readonly tallies: (Tally | undefined)[] = [];
  private readonly added = new Set<CocoId>();
  private inOrder = true;
  private lastImage = -1;
  private skippedCategories = 0;
  private readonly gt: CocoDataset;
  private readonly seen = new StreamWarnings();

  constructor(gt: CocoDataset, options: EvaluateOptions) {
    this.gt = gt;
    this.params = completeParams(options, gt);
    if (this.params.protocol === 'crowdpose') {
      throw new CocoArgumentError('CocoEvaluator', 'protocol', 'crowdpose', "'coco'; use evaluate() for CrowdPose");
    }
    this.truth = prepareGroundTruth(gt, this.params);
    this.matcher = new Matcher(this.truth, this.params);
  }

  /** Adds all detections of one image. @throws {@link CocoArgumentError} for an image that is not evaluated, or was added before. */
  add(imageId: CocoId | bigint, detections: readonly Omit<CocoDetection, 'image_id'>[]): void {
    const id = canonicalId(imageId);
    const image = this.truth.places.image(id);
    if (image < 0 && this.params.unknownImages === 'error') {
      throw new CocoArgumentError('CocoEvaluator.add', 'imageId', imageId, 'an image of the ground truth');
    }
    if (this.added.has(id)) {
      throw new CocoArgumentError('CocoEvaluator.add', 'imageId', imageId, 'an image that was not added before');
    }
    this.added.add(id);
    if (image < 0) return;
    if (image < this.lastImage) this.inOrder = false;
    this.lastImage = image;
    const results = CocoResults.parse(detections.map((d) => ({ ...d, image_id: id }))).columns;
    const source = overlapSource(this.truth, results, this.params);
    const { rows, start, skippedCategories } = group(results, this.truth.places);
    this.skippedCategories += skippedCategories;
    this.seen.add(this.gt, results);
    for (let k = 0; k + 1 < start.length; k++) {
      const from = start[k]!;
      const to = start[k + 1]!;
      if (from === to) continue;
      this.tallies[k] ??= new Tally(this.matcher.tallyWords, 16);
      this.matcher.match(k, image, rows, from, to, results, source, this.tallies[k]!);
    }
  }

  /**
   * The metrics over what was added so far; more may be added afterwards.
   *
   * @throws {@link CocoMismatchError} where every detection was of categories that the ground truth lacks.
   */
  finish(): Evaluation {
    const categories = this.truth.grouped.start.length - 1;
    const curves = emptyCurves(this.params, categories);
    const accumulator = new Accumulator(this.params, curves, categories);
    const empty = new Tally(this.matcher.tallyWords, 1);
    for (let k = 0; k < categories; k++) {
      accumulator.add(k, this.tallies[k] ?? empty, this.truth.positives, this.inOrder);
    }
    const skipped = { images: 0, categories: this.skippedCategories };
    const warnings = this.seen.finish(this.gt, this.truth);
    return makeEvaluation(this.params, curves, this.truth.positives, skipped, warnings);
  }
}
