/**
 * `pnpm run nested --model runs/resnet18 --annotations bccd/test.json --images bccd/images [--changes '{"roi": ...}'] [--score 0.5]`
 *
 * How often a detector finds an object twice, one box inside another: the share of detections at a score of which at least 0.8 of the area
 * lies in another, no smaller, detection. Beside it the metric; a training's configuration of test time may be changed without training again.
 */
import { parseArgs } from 'node:util';
import { type CocoDetection, CocoResults, evaluate } from '@icconv/coco';
import { loadDataset } from '@icconv/coco/node';
import { createDetector, detectDataset } from '@icconv/detection/node';
import { useEngine } from '@icconv/tensor-ops/engine';

/** Of the smaller box's area: at this share it lies in the other. */
const INSIDE = 0.8;

interface Found {
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
  readonly category_id: CocoDetection['category_id'];
}

/** Boxes of one picture that lie in another of their class, or of any class. */
function countNested(boxes: readonly Found[], sameClass: boolean): number {
  return boxes.filter((inner, i) =>
    boxes.some((outer, j) => {
      if (i === j || (sameClass && inner.category_id !== outer.category_id)) return false;
      const [x, y, width, height] = inner.bbox;
      const [left, top, w, h] = outer.bbox;
      // Of two equal boxes the later one lies in the earlier.
      if (w * h < width * height || (w * h === width * height && j > i)) return false;
      const columns = Math.min(x + width, left + w) - Math.max(x, left);
      const rows = Math.min(y + height, top + h) - Math.max(y, top);
      return columns > 0 && rows > 0 && columns * rows >= INSIDE * width * height;
    }),
  ).length;
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    annotations: { type: 'string' },
    images: { type: 'string' },
    changes: { type: 'string', default: '{}' },
    score: { type: 'string', default: '0.5' },
  },
});
const { model, annotations, images, changes, score } = values;
if (model === undefined || annotations === undefined || images === undefined) {
  console.error('expected --model, --annotations and --images');
  process.exit(1);
}
await useEngine();
const dataset = await loadDataset(annotations);
const detector = await createDetector({ model, changes: JSON.parse(changes) });
const found = await detectDataset(detector, { dataset, folder: images });
await detector.dispose();
const { stats } = evaluate(dataset, CocoResults.parse(found), { iouType: 'bbox' });
const kept = found.filter((one) => one.score >= Number(score));
const perPicture = new Map<unknown, Found[]>();
for (const one of kept)
  perPicture.set(one.image_id, [...(perPicture.get(one.image_id) ?? []), one as unknown as Found]);
const share = (sameClass: boolean) => {
  const nested = [...perPicture.values()].reduce((sum, boxes) => sum + countNested(boxes, sameClass), 0);
  return `${((100 * nested) / Math.max(1, kept.length)).toFixed(2)} %`;
};
console.log(`AP ${stats.AP!.toFixed(3)}  AP50 ${stats.AP50!.toFixed(3)}  AP75 ${stats.AP75!.toFixed(3)}`);
console.log(
  `${kept.length} detections of score ${score}: ${share(true)} in another of their class, ${share(false)} of any`,
);
