/**
 * From a configuration, the pictures' sizes and chance to what is done to a sample: one affine map a picture. Resize, scale jitter, crop,
 * rotation and flip are all affine, so pixels are sampled once, and boxes, keypoints and polygons move by the very same map.
 */

import type { PictureSize } from '@icconv/base';
import { type AffineMap, shortestSideSize } from '@icconv/tensor-ops';
import type { Random } from '../random/random';
import { type ColourMatrix, drawColour } from './colour';
import type { AugmentConfig } from './config';
import { chain, IDENTITY, mirror, rotation, scaling, translation } from './geometry';

/** One picture of a sample. */
export interface PictureLayer {
  /** 0 for the sample's own picture; of a mosaic also 1 to 3. */
  readonly picture: number;
  /** From the picture's coordinates to those of the output. */
  readonly forward: AffineMap;
  /** Rows and columns of the output that it may cover. */
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  /** Left and right are exchanged: keypoints of a left and a right side change names. */
  readonly flipped: boolean;
  readonly colour: ColourMatrix | undefined;
}

export interface SamplePlan {
  /** Of the output. */
  readonly height: number;
  readonly width: number;
  readonly layers: readonly PictureLayer[];
}

/** A picture's size, and its mean grey where contrast is changed. */
export interface PlanPicture extends PictureSize {
  readonly meanGrey?: number;
}

/** True when this sample becomes a mosaic; drawn from a generator of its own, before pictures are read. */
export const drawsMosaic = (config: AugmentConfig, random: Random): boolean =>
  config.mosaic !== undefined && random.next() < config.mosaic.probability;

/** @param pictures - the sample's own; for a mosaic four. */
export function planSample(config: AugmentConfig, pictures: readonly PlanPicture[], random: Random): SamplePlan {
  if (pictures.length > 1) return planMosaic(config, pictures, random);
  const picture = pictures[0]!;
  const { forward, height, width } = planGeometry(config, picture, random);
  const flipped = random.next() < (config.flip ?? 0);
  const layer = {
    picture: 0,
    forward: flipped ? chain(forward, mirror(width)) : forward,
    top: 0,
    left: 0,
    bottom: height,
    right: width,
    flipped,
    colour: colourOf(config, picture, random),
  };
  return { height, width, layers: [layer] };
}

interface Geometry extends PictureSize {
  readonly forward: AffineMap;
}

function planGeometry(config: AugmentConfig, picture: PictureSize, random: Random): Geometry {
  const { crop, affine } = config;
  const resized = resize(config, picture, random);
  let { forward, height, width } = resized;
  if (crop !== undefined) {
    const place = (window: number, length: number) => {
      const room = length - window;
      // Whole pixels: a crop alone then moves pixels without resampling them.
      return room >= 0 ? -random.below(room + 1) : random.below(1 - room);
    };
    const y = place(crop[0], resized.content.height);
    const x = place(crop[1], resized.content.width);
    forward = chain(forward, translation(x, y));
    [height, width] = crop;
  }
  if (affine !== undefined) {
    const { rotation: most = 0, scale = [1, 1], translate = 0, probability = 1 } = affine;
    const applies = random.next() < probability;
    const degrees = random.uniform(-most, most);
    const factor = random.uniform(scale[0], scale[1]);
    const x = random.uniform(-translate, translate) * width;
    const y = random.uniform(-translate, translate) * height;
    if (applies) {
      forward = chain(
        forward,
        translation(-width / 2, -height / 2),
        most === 0 ? IDENTITY : rotation(degrees),
        scaling(factor, factor),
        translation(width / 2 + x, height / 2 + y),
      );
    }
  }
  return { forward, height, width };
}

/** `content` is the scaled picture itself; the output is larger where a fixed size leaves room. */
function resize(
  config: AugmentConfig,
  picture: PictureSize,
  random: Random,
): Geometry & { readonly content: PictureSize } {
  const { resize: rule, scaleJitter = [1, 1] } = config;
  const jitter = Math.exp(random.uniform(Math.log(scaleJitter[0]), Math.log(scaleJitter[1])));
  const choice = random.next();
  const rounded = (length: number) => Math.max(1, Math.round(length));
  const scaled = (height: number, width: number) => ({
    content: { height, width },
    forward: scaling(width / picture.width, height / picture.height),
  });
  if (rule !== undefined && 'size' in rule) {
    const [height, width] = rule.size;
    if (rule.fit === 'stretch') return { ...scaled(rounded(height * jitter), rounded(width * jitter)), height, width };
    const fill = rule.fit === 'cover' ? Math.max : Math.min;
    const factor = fill(height / picture.height, width / picture.width) * jitter;
    const result = scaled(rounded(picture.height * factor), rounded(picture.width * factor));
    if (rule.fit !== 'centre' && rule.fit !== 'cover') return { ...result, height, width };
    const shift = translation(
      Math.round((width - result.content.width) / 2),
      Math.round((height - result.content.height) / 2),
    );
    return { ...result, forward: chain(result.forward, shift), height, width };
  }
  const { height, width } = picture;
  const size =
    rule === undefined
      ? ([rounded(height * jitter), rounded(width * jitter)] as const)
      : shortestSideSize(height, width, { ...rule, shortest: drawn(rule.shortest, choice) * jitter });
  const result = scaled(...size);
  return { ...result, ...result.content };
}

const drawn = (sides: number | readonly number[], choice: number) => {
  const list = [sides].flat();
  return list[Math.floor(choice * list.length)]!;
};

/** Four pictures that meet at a random point, each with its corner there. */
function planMosaic(config: AugmentConfig, pictures: readonly PlanPicture[], random: Random): SamplePlan {
  const fixed = config.resize !== undefined && 'size' in config.resize ? config.resize.size : undefined;
  const [height, width] = (config.crop ?? fixed)!;
  const meet = (length: number) => Math.round(length * random.uniform(0.25, 0.75));
  const [y, x] = [meet(height), meet(width)];
  const layers = pictures.map((picture, i): PictureLayer => {
    const { crop: _, ...uncropped } = config;
    const { forward, content } = resize(uncropped, picture, random);
    const flipped = random.next() < (config.flip ?? 0);
    const [below, beside] = [i >= 2, i % 2 === 1];
    // Resizing to a fixed size may have moved the picture within it.
    const base = chain(forward, translation(-forward[2], -forward[5]), flipped ? mirror(content.width) : IDENTITY);
    const shift = translation(beside ? x : x - content.width, below ? y : y - content.height);
    const top = below ? y : Math.max(0, y - content.height);
    const left = beside ? x : Math.max(0, x - content.width);
    return {
      picture: i,
      forward: chain(base, shift),
      top,
      left,
      bottom: below ? Math.min(height, y + content.height) : y,
      right: beside ? Math.min(width, x + content.width) : x,
      flipped,
      colour: colourOf(config, picture, random),
    };
  });
  return { height, width, layers };
}

function colourOf(config: AugmentConfig, { meanGrey = 127.5 }: PlanPicture, random: Random): ColourMatrix | undefined {
  return config.colour === undefined ? undefined : drawColour(config.colour, meanGrey, random);
}
