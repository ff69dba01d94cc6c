import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { AugmentConfig } from './config';

/** @throws {@link InvalidArgumentError} that names the setting. */
export function checkAugmentConfig(config: AugmentConfig): void {
  const fail = (name: string, value: unknown, expected: string): never => {
    throw new InvalidArgumentError('augment', name, value, expected);
  };
  const side = (value: number) => Number.isInteger(value) && value >= 1;
  const { resize, crop, flip = 0, scaleJitter = [1, 1], affine, colour, mosaic } = config;
  if (resize !== undefined && 'shortest' in resize) {
    const sides = [resize.shortest].flat();
    if (sides.length === 0 || !sides.every(side))
      fail('resize.shortest', resize.shortest, 'whole numbers of at least 1');
    if (resize.longest !== undefined && !side(resize.longest)) {
      fail('resize.longest', resize.longest, 'a whole number of at least 1');
    }
  }
  if (resize !== undefined && 'size' in resize && (resize.size.length !== 2 || !resize.size.every(side))) {
    fail('resize.size', resize.size, 'height and width, whole numbers of at least 1');
  }
  if (crop !== undefined && (crop.length !== 2 || !crop.every(side))) {
    fail('crop', crop, 'height and width, whole numbers of at least 1');
  }
  const share = (name: string, value: number) => {
    if (!(value >= 0 && value <= 1)) fail(name, value, 'a share from 0 to 1');
  };
  const range = (name: string, [low, high]: readonly [number, number]) => {
    if (!(low > 0 && low <= high && Number.isFinite(high))) fail(name, [low, high], 'a range of positive factors');
  };
  share('flip', flip);
  range('scaleJitter', scaleJitter);
  if (affine !== undefined) {
    share('affine.probability', affine.probability ?? 1);
    range('affine.scale', affine.scale ?? [1, 1]);
    for (const name of ['rotation', 'translate'] as const) {
      const value = affine[name] ?? 0;
      if (!(value >= 0 && Number.isFinite(value))) fail(`affine.${name}`, value, 'a number of at least 0');
    }
  }
  if (colour !== undefined) {
    share('colour.probability', colour.probability ?? 1);
    for (const name of ['brightness', 'contrast', 'saturation'] as const) share(`colour.${name}`, colour[name] ?? 0);
    if (!((colour.hue ?? 0) >= 0 && (colour.hue ?? 0) <= 0.5)) fail('colour.hue', colour.hue, 'a number from 0 to 0.5');
  }
  if (mosaic !== undefined) {
    share('mosaic.probability', mosaic.probability);
    if (mosaic.probability > 0 && crop === undefined && !(resize !== undefined && 'size' in resize)) {
      fail('mosaic', mosaic, 'used together with crop or resize.size, which give the size of the whole');
    }
  }
}
