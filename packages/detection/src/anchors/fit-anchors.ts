/**
 * Anchors from the boxes that are to be found: k-means with one minus the overlap as distance (Redmon, Farhadi, "YOLO9000", CVPR 2017,
 * section 2, "Dimension Clusters"), for anchors of a pyramid.
 *
 * There the clusters are free; here an anchor is a size of its level times a ratio that all levels share, and lies on its level's grid, so
 * that a size on a level too coarse for it misses boxes between two cells. Letters: N boxes.
 */
import type { AnchorConfig, LevelRule } from '../config/faster-rcnn-config';

/** Pixels between the cells of P2 to P6. */
const STRIDES = [4, 8, 16, 32, 64] as const;
/** Clusters of boxes settle in ten to twenty rounds. */
const ROUNDS = 40;

/** x1 y1 x2 y2 in pixels of the network's input. */
type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/** The anchor that overlaps a box most: its level, its size and its ratio by number. */
interface Nearest {
  readonly level: number;
  readonly size: number;
  readonly ratio: number;
  readonly overlap: number;
}

function nearestAnchor([x1, y1, x2, y2]: Box, { sizes, ratios }: AnchorConfig): Nearest {
  const [width, height] = [x2 - x1, y2 - y1];
  let nearest: Nearest = { level: 0, size: 0, ratio: 0, overlap: -1 };
  for (const [level, stride] of STRIDES.entries()) {
    const dx = fromGrid((x1 + x2) / 2, stride);
    const dy = fromGrid((y1 + y2) / 2, stride);
    for (const [ratio, value] of ratios.entries()) {
      const root = Math.sqrt(value);
      for (const [size, side] of sizes[level]!.entries()) {
        const shared = common(width, side / root, dx) * common(height, side * root, dy);
        const overlap = shared / (width * height + side * side - shared);
        if (overlap > nearest.overlap) nearest = { level, size, ratio, overlap };
      }
    }
  }
  return nearest;
}

/** Distance to the nearest of a grid's lines. */
const fromGrid = (at: number, stride: number): number => Math.abs(at - stride * Math.round(at / stride));

/** What two lengths have in common whose middles are apart by `distance`. */
const common = (a: number, b: number, distance: number): number =>
  Math.max(0, Math.min(a / 2, distance + b / 2) - Math.max(-a / 2, distance - b / 2));

/**
 * Mean over boxes of the overlap (intersection over union) with the anchor that overlaps them most, 0 to 1: what the regression of the RPN
 * starts from.
 *
 * @param boxes - N of x1 y1 x2 y2, pixels of the network's input, with an area; none give 0.
 * @param anchors - of five levels, as in a configuration.
 */
export function anchorOverlap(boxes: readonly Box[], anchors: AnchorConfig): number {
  if (boxes.length === 0) return 0;
  return boxes.reduce((sum, box) => sum + nearestAnchor(box, anchors).overlap, 0) / boxes.length;
}

/**
 * Anchors of as many sizes and ratios as those given, nearer to the boxes: {@link anchorOverlap} is never less.
 *
 * @param boxes - as there; none leave the anchors as they are.
 * @param start - where the clusters begin.
 */
export function anchorsFor(boxes: readonly Box[], start: AnchorConfig): AnchorConfig {
  if (boxes.length === 0) return start;
  let best = { anchors: start, overlap: anchorOverlap(boxes, start) };
  let anchors = start;
  for (let round = 0; round < ROUNDS; round++) {
    const moved = moveAnchors(boxes, anchors);
    const overlap = anchorOverlap(boxes, moved);
    if (overlap > best.overlap) best = { anchors: moved, overlap };
    anchors = moved;
  }
  return best.anchors;
}

/** Each size and each ratio becomes the geometric mean of the boxes nearest to it; those that no box is near to stay. */
function moveAnchors(boxes: readonly Box[], anchors: AnchorConfig): AnchorConfig {
  const sizes = anchors.sizes.map((level) => level.map(geometricMean));
  const ratios = anchors.ratios.map(geometricMean);
  for (const box of boxes) {
    const [width, height] = [box[2] - box[0], box[3] - box[1]];
    const { level, size, ratio } = nearestAnchor(box, anchors);
    sizes[level]![size]!.add(Math.sqrt(width * height));
    ratios[ratio]!.add(height / width);
  }
  return {
    ...anchors,
    sizes: sizes.map((level) => level.map((size) => size.value())),
    ratios: ratios.map((r) => r.value()),
  };
}

function geometricMean(otherwise: number) {
  let [sum, count] = [0, 0];
  return {
    add(value: number) {
      sum += Math.log(value);
      count++;
    },
    value: () => (count === 0 ? otherwise : Math.exp(sum / count)),
  };
}

/**
 * The level rule under which the median box lies in the middle of the second level's octave: boxes of nearly one size are all pooled from
 * one level, and smaller and larger ones have levels of their own.
 */
export function levelRuleFor(boxes: readonly Box[], rule: LevelRule): LevelRule {
  if (boxes.length === 0) return rule;
  const sides = boxes.map(([x1, y1, x2, y2]) => Math.sqrt((x2 - x1) * (y2 - y1))).sort((a, b) => a - b);
  const median = sides[Math.floor(sides.length / 2)]!;
  return { ...rule, canonicalSize: median / Math.SQRT2, canonicalLevel: Math.min(1, rule.levels - 1) };
}
