import { describe, expect, it } from 'vitest';
import { annotate, scene } from './dataset';
import { glyphs } from './glyphs';

const scenes = Array.from({ length: 40 }, (_, index) => scene(index, { split: 'train' }));

describe('scenes of digits', () => {
  it('are the same for the same seed and split, and differ otherwise', () => {
    expect(scene(3, { split: 'train' })).toEqual(scenes[3]);
    expect(scene(3, { split: 'test' }).data).not.toEqual(scenes[3]!.data);
  });

  it('keep every box inside the image and at the size asked for', () => {
    for (const { width, height, objects } of scenes) {
      for (const { bbox } of objects) {
        expect(bbox[0]).toBeGreaterThanOrEqual(0);
        expect(bbox[1]).toBeGreaterThanOrEqual(0);
        expect(bbox[0] + bbox[2]).toBeLessThanOrEqual(width);
        expect(bbox[1] + bbox[3]).toBeLessThanOrEqual(height);
      }
    }
    const heights = scenes.flatMap(({ objects }) => objects.map(({ bbox }) => bbox[3]));
    expect(Math.min(...heights)).toBeLessThan(20);
    expect(Math.max(...heights)).toBeGreaterThan(120);
  });

  it('hold every digit and become COCO annotations with unique ids', () => {
    const { annotations, images, categories } = annotate(scenes);
    expect(new Set(annotations.map(({ id }) => id)).size).toBe(annotations.length);
    expect(new Set(annotations.map((annotation) => annotation.category_id)).size).toBe(10);
    expect(images.length).toBe(40);
    expect(categories.length).toBe(10);
    expect(annotations.length).toBeGreaterThan(150);
  });

  it('never share handwriting between the splits', () => {
    for (let digit = 0; digit < 10; digit++) {
      const train = new Set(glyphs(digit, 'train'));
      expect(glyphs(digit, 'test').some((glyph) => train.has(glyph))).toBe(false);
      expect(glyphs(digit, 'test').length).toBeGreaterThan(100);
    }
  });
});
