/** Overlaps of the detections with the objects of one image and category, by kind of evaluation. */
import { keypointsOf } from '../data/annotation-builder';
import type { CocoDataset } from '../data/dataset';
import type { ResultColumns } from '../data/results';
import { segmentToRle, sizeProblem } from '../data/segment-mask';
import { CocoMaskError, CocoMismatchError } from '../errors';
import { HAS } from '../json/record';
import { boxOverlap, rleOverlap } from '../masks/iou';
import { rleFromPolygons } from '../masks/polygon';
import { type Rle, rleArea, rleToBbox } from '../masks/rle';
import type { GroundTruth } from './ground-truth';
import { KeypointSimilarity } from './oks';
import type { EvaluationParams } from './params';

/** G objects, D detections. */
export interface OverlapSource {
  /** Writes `[D, G]` to `out`: objects `grouped.rows[from..to)` against the detections `rows[0..count)`. */
  fill(from: number, to: number, rows: Int32Array, count: number, image: number, out: Float64Array): void;
  /** Area of a detection in pixels. */
  area(row: number, image: number): number;
}

export function overlapSource(gt: GroundTruth, dt: ResultColumns, params: EvaluationParams): OverlapSource {
  if (params.iouType === 'bbox') return new BoxOverlap(gt, dt, params);
  if (params.iouType === 'segm') return new MaskOverlap(gt, dt, params);
  return new KeypointOverlap(gt, dt, params);
}

/** What the three kinds share: areas of detections, as loadRes of pycocotools gives them (box, else mask, else keypoints). */
abstract class Base implements OverlapSource {
  constructor(
    protected readonly gt: GroundTruth,
    protected readonly dt: ResultColumns,
    protected readonly params: EvaluationParams,
  ) {}

  abstract fill(from: number, to: number, rows: Int32Array, count: number, image: number, out: Float64Array): void;

  area(row: number, image: number): number {
    const { present, bbox } = this.dt;
    const fields = present[row]!;
    if ((fields & HAS.bbox) !== 0) return bbox[row * 4 + 2]! * bbox[row * 4 + 3]!;
    const mask = this.mask(row, image);
    if (mask !== undefined) return rleArea(mask);
    const keypoints = keypointsOf(this.dt, row);
    if (keypoints.length === 0)
      throw new CocoMismatchError(`detection ${row + 1} has no bbox, segmentation or keypoints`);
    const [, , w, h] = keypointBox(keypoints);
    return w * h;
  }

  protected mask(row: number, image: number): Rle | undefined {
    const { segments } = this.dt;
    if (segments === undefined || segments.kind[row] === 0) return undefined;
    return segmentToRle(segments, row, {
      ...this.gt.dataset.imageSize(this.params.imgIds[image]!),
      owner: () => `detection ${row + 1}`,
      unchecked: this.unchecked,
    });
  }

  /** pycocotools takes every run-length mask; one that is none overlaps nothing there. */
  protected get unchecked(): boolean {
    return this.params.compat === 'pycocotools';
  }

  /** Box of a detection; of its mask or keypoints where it has none. */
  protected box(row: number, image: number): Float64Array {
    if ((this.dt.present[row]! & HAS.bbox) !== 0) return this.dt.bbox.subarray(row * 4, row * 4 + 4);
    const mask = this.mask(row, image);
    if (mask !== undefined) return Float64Array.from(rleToBbox(mask));
    const keypoints = keypointsOf(this.dt, row);
    if (keypoints.length === 0) throw new CocoMismatchError(`detection ${row + 1} has no bbox to evaluate`);
    return Float64Array.from(keypointBox(keypoints));
  }
}

class BoxOverlap extends Base {
  fill(from: number, to: number, rows: Int32Array, count: number, image: number, out: Float64Array): void {
    const { grouped, dataset, crowd } = this.gt;
    const { annotations } = dataset.columns;
    const objects = annotations.bbox;
    const width = to - from;
    for (let g = from; g < to; g++) {
      if ((annotations.present[grouped.rows[g]!]! & HAS.bbox) === 0) {
        throw new CocoMismatchError(`annotation ${dataset.annotationId(grouped.rows[g]!)} has no bbox to evaluate`);
      }
    }
    for (let d = 0; d < count; d++) {
      const row = rows[d]!;
      const given = (this.dt.present[row]! & HAS.bbox) !== 0;
      const boxes = given ? this.dt.bbox : this.box(row, image);
      const at = given ? row * 4 : 0;
      for (let g = 0; g < width; g++) {
        const object = grouped.rows[from + g]!;
        out[d * width + g] = boxOverlap(boxes, at, objects, object * 4, crowd[object] === 1);
      }
    }
  }
}

interface MaskFacts {
  readonly rle: Rle;
  readonly box: ArrayLike<number>;
  readonly area: number;
}

class MaskOverlap extends Base {
  fill(from: number, to: number, rows: Int32Array, count: number, image: number, out: Float64Array): void {
    const { grouped, dataset, crowd } = this.gt;
    const { unchecked } = this;
    const least = this.params.iouThrs[0]! * (1 - 1e-9);
    const objects: MaskFacts[] = [];
    for (let g = from; g < to; g++) objects.push(facts(dataset.rleOfRow(grouped.rows[g]!, { unchecked })));
    checkMemory(objects, dataset, grouped.rows[from]!);
    const width = to - from;
    for (let d = 0; d < count; d++) {
      const detection = facts(this.maskOrBox(rows[d]!, image));
      for (let g = 0; g < width; g++) {
        const object = objects[g]!;
        // Where the images list has no size, the two must agree at least.
        const problem = unchecked ? undefined : sizeProblem(detection.rle, object.rle);
        if (problem !== undefined) throw new CocoMaskError(`detection ${rows[d]! + 1}`, problem);
        const isCrowd = crowd[grouped.rows[from + g]!] === 1;
        const bound = overlapBound(detection, object, isCrowd);
        // Overlaps below the lowest threshold match nothing, so they need no exact value.
        out[d * width + g] = bound < least || bound === 0 ? 0 : rleOverlap(detection.rle, object.rle, isCrowd);
      }
    }
  }

  private maskOrBox(row: number, image: number): Rle {
    const mask = this.mask(row, image);
    if (mask !== undefined) return mask;
    if ((this.dt.present[row]! & HAS.bbox) === 0)
      throw new CocoMismatchError(`detection ${row + 1} has no segmentation`);
    // pycocotools evaluates a box without mask as its rectangle.
    const [x, y, w, h] = this.dt.bbox.subarray(row * 4, row * 4 + 4) as unknown as [number, number, number, number];
    const { height, width } = this.gt.dataset.imageSize(this.params.imgIds[image]!);
    if (height < 0 || width < 0) {
      const need = 'a box as a mask needs the width and height of its image, which the images list lacks';
      throw new CocoMismatchError(`detection ${row + 1}: ${need}`);
    }
    return rleFromPolygons([[x, y, x, y + h, x + w, y + h, x + w, y]], height, width);
  }
}

/** Run lengths of all objects of one image and category: 256 MB. */
const MOST_RUNS = 2 ** 26;

function checkMemory(objects: readonly MaskFacts[], dataset: CocoDataset, row: number): void {
  const runs = objects.reduce((sum, { rle }) => sum + rle.counts.length, 0);
  if (runs <= MOST_RUNS) return;
  const { imageIds, imageIndex } = dataset.columns.annotations;
  throw new CocoMaskError(
    `image ${imageIds[imageIndex[row]!]}`,
    `its objects of one category have ${runs} runs of pixels; ${MOST_RUNS} is the limit`,
  );
}

function facts(rle: Rle): MaskFacts {
  return { rle, box: rleToBbox(rle), area: rleArea(rle) };
}

/** The largest overlap that the boxes and areas of two masks allow; 0 where the boxes do not meet. */
function overlapBound(a: MaskFacts, b: MaskFacts, crowd: boolean): number {
  const w = Math.min(a.box[0]! + a.box[2]!, b.box[0]! + b.box[2]!) - Math.max(a.box[0]!, b.box[0]!);
  const h = Math.min(a.box[1]! + a.box[3]!, b.box[1]! + b.box[3]!) - Math.max(a.box[1]!, b.box[1]!);
  if (w <= 0 || h <= 0) return 0;
  const intersection = Math.min(w * h, a.area, b.area);
  return intersection / (crowd ? a.area : a.area + b.area - intersection);
}

class KeypointOverlap extends Base {
  private readonly oks = new KeypointSimilarity(this.params.sigmas);

  fill(from: number, to: number, rows: Int32Array, count: number, _image: number, out: Float64Array): void {
    const { grouped, dataset, area } = this.gt;
    const { annotations } = dataset.columns;
    const width = to - from;
    if (!this.params.useCats && this.params.compat === 'pycocotools') {
      // It looks its objects up under category -1 there and finds none.
      out.fill(0, 0, count * width);
      return;
    }
    for (let d = 0; d < count; d++) {
      const detection = keypointsOf(this.dt, rows[d]!);
      this.check(detection.length, `detection ${rows[d]! + 1}`);
      for (let g = 0; g < width; g++) {
        const object = grouped.rows[from + g]!;
        const keypoints = keypointsOf(annotations, object);
        // An object without keypoints is measured by its box, like one whose keypoints are all unlabelled.
        if (keypoints.length > 0) this.check(keypoints.length, `annotation ${dataset.annotationId(object)}`);
        out[d * width + g] = this.oks.similarity(keypoints, detection, area[object]!, annotations.bbox, object * 4);
      }
    }
  }

  private check(length: number, what: string): void {
    if (length === this.oks.count * 3) return;
    throw new CocoMismatchError(
      `${what} has ${length / 3} keypoints, but there are ${this.oks.count} sigmas (17 of people by default); pass sigmas, one for each keypoint`,
    );
  }
}

/** Box around all keypoints, labelled or not, as pycocotools takes it. */
function keypointBox(keypoints: Float64Array): [number, number, number, number] {
  let [x0, y0] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [x1, y1] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < keypoints.length; i += 3) {
    x0 = Math.min(x0, keypoints[i]!);
    x1 = Math.max(x1, keypoints[i]!);
    y0 = Math.min(y0, keypoints[i + 1]!);
    y1 = Math.max(y1, keypoints[i + 1]!);
  }
  return [x0, y0, x1 - x0, y1 - y0];
}
