import { describe, expect, it } from 'vitest';
import { annotate, scene } from './dataset';
import { covers, makeFigure } from './figure';
import { paintScene } from './paint';
import type { Limb, Pose } from './pose';
import { LEAST_KEYPOINTS, SIDE, visibilities } from './scene';
import { KEYPOINTS } from './skeleton';

const scenes = Array.from({ length: 200 }, (_, index) => scene(index, 'train'));
const { annotations, images, categories } = annotate(scenes, 'train');

const straight: Limb = { abduction: 0, flexion: 0, bend: 0, twist: 0 };
const pair = { left: straight, right: straight };
const upright: Pose = { yaw: 0, roll: 0, pitch: 0, lean: 0, arms: pair, legs: pair };
const flagOf = (flags: readonly number[], name: (typeof KEYPOINTS)[number]) => flags[KEYPOINTS.indexOf(name)];

describe('scenes of figures', () => {
  it('are the same for the same number and split, and differ otherwise', () => {
    expect(scene(3, 'train')).toEqual(scenes[3]);
    expect(paintScene(scene(3, 'train'))).toBe(paintScene(scenes[3]!));
    expect(scene(3, 'test')).not.toEqual(scenes[3]);
    expect(paintScene(scene(4, 'train'))).not.toBe(paintScene(scenes[3]!));
  });

  it('are marked on the left, or on either side', () => {
    const either = scenes.map((each) => paintScene(each, { mark: 'either' }));
    const same = either.filter((svg, index) => svg === paintScene(scenes[index]!)).length;
    expect(same).toBeGreaterThan(20);
    expect(same).toBeLessThan(100);
  });

  it('hold 1 to 4 figures of the heights asked for, larger ones later', () => {
    const counts = new Set(scenes.map(({ figures }) => figures.length));
    expect([...counts].sort()).toEqual([1, 2, 3, 4]);
    for (const { figures } of scenes) {
      const heights = figures.map(({ figure }) => figure.height);
      expect(heights).toEqual(heights.toSorted((a, b) => a - b));
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(60);
      expect(Math.max(...heights)).toBeLessThan(200);
    }
  });

  it('become COCO annotations whose keypoints lie in the frame and in the box', () => {
    expect(images.length).toBe(200);
    expect(categories[0]!.sigmas.length).toBe(KEYPOINTS.length);
    expect(new Set(annotations.map(({ id }) => id)).size).toBe(annotations.length);
    for (const { keypoints, num_keypoints, bbox, area } of annotations) {
      expect(keypoints.length).toBe(3 * KEYPOINTS.length);
      expect(num_keypoints).toBeGreaterThanOrEqual(LEAST_KEYPOINTS);
      let labelled = 0;
      for (let at = 0; at < keypoints.length; at += 3) {
        const [x, y, flag] = keypoints.slice(at, at + 3) as [number, number, number];
        if (flag === 0) {
          expect([x, y]).toEqual([0, 0]);
          continue;
        }
        labelled++;
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x, y)).toBeLessThan(SIDE);
        // Boxes are rounded to hundredths.
        expect(x).toBeGreaterThan(bbox[0] - 0.02);
        expect(y).toBeGreaterThan(bbox[1] - 0.02);
        expect(x).toBeLessThan(bbox[0] + bbox[2] + 0.02);
        expect(y).toBeLessThan(bbox[1] + bbox[3] + 0.02);
      }
      expect(num_keypoints).toBe(labelled);
      expect(area).toBeGreaterThan(0);
      expect(area).toBeLessThan(bbox[2] * bbox[3]);
    }
  });

  it('show, hide and cut keypoints', () => {
    const flags = annotations.flatMap(({ keypoints }) => keypoints.filter((_, at) => at % 3 === 2));
    const share = (flag: number) => flags.filter((value) => value === flag).length / flags.length;
    expect(share(2)).toBeGreaterThan(0.7);
    expect(share(1)).toBeGreaterThan(0.02);
    expect(share(0)).toBeGreaterThan(0.02);
    for (const { visibility } of scenes.flatMap(({ figures }) => figures)) {
      const seen = visibility.filter((flag) => flag === 2).length;
      expect(seen).toBeGreaterThanOrEqual(0.6 * visibility.filter((flag) => flag > 0).length);
    }
  });
});

describe('a figure that stands upright', () => {
  const figure = makeFigure(upright, 100, [128, 128]);

  it('faces us: its left is the right of the picture, and its limbs have the lengths of the body', () => {
    const at = Object.fromEntries(KEYPOINTS.map((name, index) => [name, figure.keypoints[index]!]));
    expect(at.left_shoulder).toEqual([138, 98]);
    expect(at.right_shoulder).toEqual([118, 98]);
    expect(at.left_wrist![1]).toBeCloseTo(98 + 31.5);
    expect(at.right_ankle).toEqual([122, 174]);
    expect(at.head![1]).toBeCloseTo(85);
  });

  it('covers its torso and limbs and no more', () => {
    expect(covers(figure, [128, 115])).toBe(true);
    expect(covers(figure, [122, 160])).toBe(true);
    expect(covers(figure, [128, 160])).toBe(false);
    expect(covers(figure, [145, 115])).toBe(false);
  });

  it('hides what lies under it of one drawn before, and only that', () => {
    // The right arm of the later figure hangs at x = 138, over the left one of the earlier.
    const [below, above] = visibilities([figure, makeFigure(upright, 100, [148, 128])]);
    expect(flagOf(below!, 'left_elbow')).toBe(1);
    expect(flagOf(below!, 'left_wrist')).toBe(1);
    expect(flagOf(below!, 'head')).toBe(2);
    expect(flagOf(below!, 'right_elbow')).toBe(2);
    expect(above!.every((flag) => flag === 2)).toBe(true);
    const [cut] = visibilities([makeFigure(upright, 100, [-8, 128])]);
    expect(flagOf(cut!, 'left_shoulder')).toBe(2);
    expect(flagOf(cut!, 'right_shoulder')).toBe(0);
  });
});
