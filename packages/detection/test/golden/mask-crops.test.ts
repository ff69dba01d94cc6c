/** What a mask head learns of polygons and run lengths, against pycocotools and torchvision; fixture by tooling/reference/make_masks.py. */
import { readFileSync } from 'node:fs';
import { type CocoSegmentation, maskPolygons, rleFromCoco, rleFromPolygons } from '@icconv/coco';
import { cropMasks } from '@icconv/tensor-ops';
import { describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../support/activate';

const folder = new URL('./fixtures/', import.meta.url);
const { height, width, tolerance, segmentations } = JSON.parse(
  readFileSync(new URL('mask-crops.json', folder), 'utf8'),
) as {
  readonly height: number;
  readonly width: number;
  readonly tolerance: number;
  readonly segmentations: readonly CocoSegmentation[];
};
const fixture = loadFixture(new URL('mask-crops.safetensors', folder));
const expected = (name: string) => Float32Array.from(fixture[name]!.data as Float32Array);

describeBackends(
  'crops of masks',
  activate,
  () => {
    test('500 polygons and run lengths, as they are and as the polygons that training makes of them', () => {
      const direct = segmentations.map((own) =>
        'counts' in own ? rleFromCoco(own) : rleFromPolygons(own, height, width),
      );
      for (const [i, own] of segmentations.entries()) {
        const polygons = maskPolygons(own);
        const nothing = Uint32Array.of(height * width);
        const traced = polygons.length === 0 ? nothing : rleFromPolygons(polygons, height, width).counts;
        expect(traced, `mask ${i}`).toEqual(direct[i]!.counts);
      }
      const masks = direct.map(({ counts }) => counts);
      const rois = tf.tensor2d(expected('rois'), [masks.length, 4]);
      const owners = Int32Array.from(masks.keys());
      const crop = (options: { outputSize: number; aligned: boolean; binary: boolean }) => {
        const crops = cropMasks(masks, rois, owners, { height, width, ...options });
        const values = crops.dataSync<'float32'>();
        crops.dispose();
        return values;
      };
      expect(masks).toHaveLength(500);
      const legacy = crop({ outputSize: 7, aligned: false, binary: false });
      expect(maxAbsError(legacy, expected('legacy'))).toBeLessThan(tolerance);
      expect(crop({ outputSize: 7, aligned: true, binary: true })).toEqual(expected('binary'));
      const large = crop({ outputSize: 28, aligned: false, binary: false }).filter(
        (_, i) => Math.floor(i / 784) % 50 === 0,
      );
      expect(maxAbsError(large, expected('legacy28'))).toBeLessThan(tolerance);
      rois.dispose();
    });
  },
  ['native'],
);
