/** Masks through the whole of data, training, evaluation and search: outlines of coloured ellipses. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CocoDataset, encodeMask, rleFromCoco, rleToBbox, rleToCoco } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import { searchModel } from '@icconv/task';
import { describeBackends } from '@icconv/test-utils';
import { seededRandom } from '@icconv/training';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { type FasterRcnnConfig, fasterRcnnConfig, type Preset } from '../../src';
import { createDetector, DETECTION, type DetectionRecipe, evaluateDetector, trainDetector } from '../../src/node';
import { activate } from '../support/activate';
import { tinyConfig } from './boxes-data';

const root = mkdtempSync(join(tmpdir(), 'icconv-masks-'));
afterAll(() => rmSync(root, { recursive: true }));

const SIDE = 96;

/** One or two ellipses a picture, as a polygon, or as run lengths with a hole. */
async function ellipses(folder: string, pictures: number): Promise<CocoData> {
  mkdirSync(folder, { recursive: true });
  const images: object[] = [];
  const annotations: object[] = [];
  for (let i = 0; i < pictures; i++) {
    const random = seededRandom('ellipses', i);
    const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => 90 + random.below(40));
    for (let n = 1 + random.below(2); n > 0; n--) {
      const [rx, ry] = [12 + random.below(14), 12 + random.below(14)];
      const [cx, cy] = [random.uniform(rx, SIDE - rx), random.uniform(ry, SIDE - ry)];
      const ring = n === 1;
      const inside = (x: number, y: number) => {
        const distance = ((x + 0.5 - cx) / rx) ** 2 + ((y + 0.5 - cy) / ry) ** 2;
        return distance <= 1 && !(ring && distance < 0.1);
      };
      const mask = new Uint8Array(SIDE * SIDE);
      for (let p = 0; p < mask.length; p++) {
        if (!inside(p % SIDE, Math.floor(p / SIDE))) continue;
        mask[p] = 1;
        data.set(ring ? [230, 40, 40] : [40, 60, 230], 3 * p);
      }
      const points = Array.from({ length: 24 }, (_, k) => (k * Math.PI) / 12);
      const polygon = points.flatMap((angle) => [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)]);
      const rle = encodeMask({ data: mask, height: SIDE, width: SIDE });
      annotations.push({
        ...{ id: annotations.length + 1, image_id: i, category_id: 1 + Number(ring), iscrowd: 0 },
        ...{ bbox: [cx - rx, cy - ry, 2 * rx, 2 * ry], area: Math.PI * rx * ry },
        segmentation: ring ? rleToCoco(rle) : [polygon],
      });
    }
    const file_name = `${i}.png`;
    await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png()
      .toFile(join(folder, file_name));
    images.push({ id: i, file_name, width: SIDE, height: SIDE });
  }
  const categories = [1, 2].map((id) => ({ id, name: `ellipse ${id}` }));
  return { dataset: CocoDataset.parse({ images, categories, annotations } as never), folder };
}

function maskConfig(
  cascade: boolean,
  { classes = 2, preset = 'mmdetection' }: { readonly classes?: number; readonly preset?: Preset } = {},
): FasterRcnnConfig {
  const { backbone, roi, ...tiny } = tinyConfig(classes);
  const base = fasterRcnnConfig({ backbone, classes, preset, masks: true, cascade });
  const own = { hidden: roi.hidden, levelRule: roi.levelRule, sampler: roi.sampler };
  return {
    ...{ ...base, ...tiny, input: { ...base.input, minSize: SIDE, maxSize: SIDE } },
    roi: { ...base.roi, ...own },
    mask: { ...base.mask!, convs: 1, hidden: 16 },
  };
}

const recipe: DetectionRecipe = {
  ...{ epochs: 1, batchSize: 2, learningRate: 0.01, warmUpSteps: 2, clipNorm: 5, seed: 3 },
  augment: { flip: 0.5, scaleJitter: [0.8, 1.2], mosaic: { probability: 0.3 }, crop: [SIDE, SIDE] },
};
const quiet = { workers: 0, progress: false, handleInterrupt: false } as const;

describeBackends(
  'masks',
  activate,
  () => {
    test.each([
      ['Mask R-CNN', false],
      ['Cascade Mask R-CNN', true],
    ])('%s learns from polygons and run lengths that flips, scales and mosaics move along', async (name, cascade) => {
      const data = await ellipses(join(root, `data-${cascade}`), 12);
      const folder = join(root, `run-${cascade}`);
      const given = { config: maskConfig(cascade), train: data, val: data, folder, ...quiet };
      const epochs = cascade ? 2 : 16;
      const { rows } = await trainDetector({
        ...given,
        recipe: { ...recipe, epochs, evaluateEvery: epochs, learningRate: 0.03 },
      });
      const losses = rows.map((row) => row['train/mask'] as number);
      expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);
      const detector = await createDetector(folder);
      const { detections } = await detector.detect(join(data.folder!, '0.png'));
      for (const { mask, box } of detections) {
        expect(mask!.size).toEqual([SIDE, SIDE]);
        const [x, y, width, height] = rleToBbox(rleFromCoco(mask!));
        // Within the box, but for the pixel that its border cuts.
        if (width === 0) continue;
        expect(x >= Math.floor(box[0]) - 1 && y >= Math.floor(box[1]) - 1, name).toBe(true);
        expect(x + width <= Math.ceil(box[2]) + 1 && y + height <= Math.ceil(box[3]) + 1).toBe(true);
      }
      const { stats, masks } = await evaluateDetector(detector, data);
      expect(stats.maskAP).toBe(masks!.stats.AP);
      // Untrained: below 0.01.
      if (!cascade) expect(stats.maskAP50).toBeGreaterThan(0.1);
      await detector.dispose();
    });

    test('objects without a mask are left out and counted; where masks are scored they are an error', async () => {
      const { dataset, folder } = await ellipses(join(root, 'some'), 4);
      const file = dataset.toJson();
      const [first, ...others] = file.annotations;
      const { segmentation: _, ...bare } = first!;
      const some = {
        dataset: CocoDataset.parse({ ...file, annotations: [bare, ...others] } as never),
        folder: folder!,
      };
      const reports: unknown[] = [];
      const given = { config: maskConfig(false), recipe, train: some, steps: 1, ...quiet };
      await trainDetector({ ...given, onData: ({ reports: { train } }) => reports.push(train.leftOut) });
      expect(reports).toMatchObject([[{ reason: 'no-mask', count: 1, examples: [1] }]]);
      await expect(trainDetector({ ...given, train: { dataset, folder: folder! }, val: some })).rejects.toThrow(
        '1 annotation has no mask (1), so that masks cannot be scored',
      );
    });

    test.each(['torchvision', 'mmdetection', 'detectron2'] as const)('one class alone, by %s', async (preset) => {
      const { dataset, folder } = await ellipses(join(root, `one-${preset}`), 2);
      const file = dataset.toJson();
      const annotations = file.annotations.map((one) => ({ ...one, category_id: 1 }));
      const one = CocoDataset.parse({ ...file, annotations, categories: [{ id: 1, name: 'ellipse' }] } as never);
      const { rows } = await trainDetector({
        ...{ config: maskConfig(false, { classes: 1, preset }), recipe, train: { dataset: one, folder: folder! } },
        ...{ steps: 1, ...quiet },
      });
      expect(rows[0]!['train/mask']).toBeGreaterThan(0);
    });

    test('a search chooses dilations for a network with masks', async () => {
      const data = await ellipses(join(root, 'search'), 4);
      const config = maskConfig(false);
      const backbone = { ...config.backbone, conv: { kind: 'super', size: 5 } } as const;
      const folder = join(root, 'super');
      await trainDetector({ config: { ...config, backbone }, recipe, train: data, folder, ...quiet });
      const output = join(root, 'found');
      await searchModel(DETECTION, folder, output);
      const { config: found } = JSON.parse(readFileSync(join(output, 'model.json'), 'utf8')) as {
        config: FasterRcnnConfig;
      };
      expect(found.mask).toEqual(config.mask);
      expect(found.backbone.conv).toMatchObject({ kind: 'inception' });
      const { stats } = await evaluateDetector(output, data);
      expect(stats.maskAP).toBeGreaterThanOrEqual(0);
    });
  },
  ['native'],
);
