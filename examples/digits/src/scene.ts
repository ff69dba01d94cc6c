/**
 * A scene: handwritten digits of very different sizes on a cluttered ground, partly over each other.
 *
 * Coordinates: pixels, x to the right, y down, the first pixel covers [0, 1).
 */
import { GLYPH_SIDE, type Glyph, glyphs, type Split } from './glyphs';
import { type Random, seededRandom } from './random';

export interface SceneOptions {
  readonly split: Split;
  /** @defaultValue `320` */
  readonly width?: number;
  /** @defaultValue `320` */
  readonly height?: number;
  /** Smallest and largest height of a digit in pixels; heights are log-uniform between them. @defaultValue `[12, 200]` */
  readonly heights?: readonly [number, number];
  /** Fewest and most digits tried. @defaultValue `[3, 12]` */
  readonly count?: readonly [number, number];
}

export interface SceneObject {
  readonly digit: number;
  /** x, y, width, height of the ink that would be seen if nothing lay over it. */
  readonly bbox: readonly [number, number, number, number];
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** RGB, row by row. */
  readonly data: Uint8Array;
  readonly objects: readonly SceneObject[];
}

type Color = readonly [number, number, number];

/** At most this share of a digit may lie under later ones, so that a label never names what cannot be seen. */
const LARGEST_OCCLUSION = 0.35;
/** Placements tried for one digit before it is given up. */
const TRIES = 20;
/** Ink above this counts for the box. */
const INK = 0.3;

export function makeScene(seed: number, options: SceneOptions): Scene {
  const { split, width = 320, height = 320, heights = [12, 200], count = [3, 12] } = options;
  const random = seededRandom(seed);
  const data = new Uint8Array(width * height * 3);
  const ground = paintGround(data, width, height, random);
  const placed: { mask: Mask; object: SceneObject; visible: number; ink: number }[] = [];
  // Which object's ink is on top at each pixel; -1 for none.
  const owner = new Int16Array(width * height).fill(-1);

  const wanted = random.whole(count[0], count[1]);
  for (let i = 0; i < wanted; i++) {
    const digit = random.whole(0, 9);
    const glyph = random.pick(glyphs(digit, split));
    const size = heights[0] * (heights[1] / heights[0]) ** random.between(0, 1);
    const mask = render(glyph, size, random);
    if (mask.width > width || mask.height > height) continue;
    const place = findPlace(mask, owner, placed, width, height, random);
    if (place === undefined) continue;
    const index = placed.length;
    draw(data, owner, mask, place, contrasting(ground, random), index, width, placed);
    const object = { digit, bbox: [place[0], place[1], mask.width, mask.height] as const };
    placed.push({ mask, object, visible: mask.ink, ink: mask.ink });
  }
  addNoise(data, random);
  return { width, height, data, objects: placed.map(({ object }) => object) };
}

/** Opacity of a rendered digit, cut to its ink. */
interface Mask {
  readonly width: number;
  readonly height: number;
  readonly alpha: Float32Array;
  /** Number of pixels that count as ink. */
  readonly ink: number;
}

function render(glyph: Glyph, size: number, random: Random): Mask {
  const angle = random.between(-0.25, 0.25);
  const shear = random.between(-0.2, 0.2);
  const stretch = random.between(0.8, 1.25);
  const inkRows = boundsOf(glyph, GLYPH_SIDE, GLYPH_SIDE, INK);
  const scale = size / Math.max(1, inkRows.y1 - inkRows.y0);
  const side = Math.ceil(GLYPH_SIDE * scale * 1.6);
  const alpha = new Float32Array(side * side);
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  // A shrunk digit is sampled on a finer grid, or thin strokes would break.
  const fine = scale < 1 ? Math.ceil(1 / scale) : 1;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let sub = 0; sub < fine * fine; sub++) {
        const px = (x + ((sub % fine) + 0.5) / fine - side / 2) / scale;
        const py = (y + (Math.floor(sub / fine) + 0.5) / fine - side / 2) / scale;
        const gx = (cos * px + sin * py) / stretch + shear * py;
        const gy = -sin * px + cos * py;
        sum += sample(glyph, gx + GLYPH_SIDE / 2 - 0.5, gy + GLYPH_SIDE / 2 - 0.5);
      }
      const ink = sum / (fine * fine);
      // An enlarged digit keeps an edge of about a pixel and a half.
      alpha[y * side + x] = scale > 1 ? Math.min(1, Math.max(0, (ink - 0.5) * Math.min(scale, 8) + 0.5)) : ink;
    }
  }
  const { x0, y0, x1, y1 } = boundsOf(alpha, side, side, INK);
  const width = x1 - x0;
  const height = y1 - y0;
  const cut = new Float32Array(width * height);
  let ink = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = alpha[(y + y0) * side + x + x0]!;
      cut[y * width + x] = value;
      if (value > INK) ink++;
    }
  }
  return { width, height, alpha: cut, ink };
}

/** Bilinear, 0 outside. */
function sample(glyph: Glyph, x: number, y: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const top = inkAt(glyph, x0, y0) * (x0 + 1 - x) + inkAt(glyph, x0 + 1, y0) * (x - x0);
  const bottom = inkAt(glyph, x0, y0 + 1) * (x0 + 1 - x) + inkAt(glyph, x0 + 1, y0 + 1) * (x - x0);
  return top * (y0 + 1 - y) + bottom * (y - y0);
}

// Not within `sample`: a function made for each of its calls took half of the time of making scenes.
function inkAt(glyph: Glyph, column: number, row: number): number {
  return column >= 0 && row >= 0 && column < GLYPH_SIDE && row < GLYPH_SIDE ? glyph[row * GLYPH_SIDE + column]! : 0;
}

function boundsOf(values: Float32Array, width: number, height: number, least: number) {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (values[y * width + x]! <= least) continue;
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x + 1);
      y0 = Math.min(y0, y);
      y1 = Math.max(y1, y + 1);
    }
  }
  return x1 > x0 ? { x0, y0, x1, y1 } : { x0: 0, y0: 0, x1: 1, y1: 1 };
}

function findPlace(
  mask: Mask,
  owner: Int16Array,
  placed: readonly { visible: number; ink: number }[],
  width: number,
  height: number,
  random: Random,
): readonly [number, number] | undefined {
  for (let i = 0; i < TRIES; i++) {
    const x = random.whole(0, width - mask.width);
    const y = random.whole(0, height - mask.height);
    const covered = new Map<number, number>();
    forInk(mask, (column, row) => {
      const below = owner[(y + row) * width + x + column]!;
      if (below >= 0) covered.set(below, (covered.get(below) ?? 0) + 1);
    });
    const allowed = [...covered].every(([below, pixels]) => {
      const { visible, ink } = placed[below]!;
      return visible - pixels >= (1 - LARGEST_OCCLUSION) * ink;
    });
    // A small digit wholly on the stroke of a large one would be ink on ink.
    const overlap = [...covered.values()].reduce((sum, pixels) => sum + pixels, 0);
    if (allowed && overlap <= LARGEST_OCCLUSION * mask.ink) return [x, y];
  }
  return undefined;
}

function draw(
  data: Uint8Array,
  owner: Int16Array,
  mask: Mask,
  [x, y]: readonly [number, number],
  color: Color,
  index: number,
  width: number,
  placed: { visible: number }[],
): void {
  for (let row = 0; row < mask.height; row++) {
    for (let column = 0; column < mask.width; column++) {
      const alpha = mask.alpha[row * mask.width + column]!;
      if (alpha > 0) blend(data, ((y + row) * width + x + column) * 3, color, alpha);
    }
  }
  forInk(mask, (column, row) => {
    const at = (y + row) * width + x + column;
    const below = owner[at]!;
    if (below >= 0) placed[below]!.visible--;
    owner[at] = index;
  });
}

function forInk(mask: Mask, visit: (column: number, row: number) => void): void {
  for (let row = 0; row < mask.height; row++) {
    for (let column = 0; column < mask.width; column++) {
      if (mask.alpha[row * mask.width + column]! > INK) visit(column, row);
    }
  }
}

/** A sloping ground of one hue with strokes and spots on it; gives its mean brightness. */
function paintGround(data: Uint8Array, width: number, height: number, random: Random): number {
  const base: Color = [random.between(30, 225), random.between(30, 225), random.between(30, 225)];
  const slope = [random.between(-40, 40), random.between(-40, 40)] as const;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const shade = slope[0] * (x / width - 0.5) + slope[1] * (y / height - 0.5);
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = clampByte(base[c]! + shade);
    }
  }
  for (let i = random.whole(4, 14); i > 0; i--) paintStroke(data, width, height, random);
  return (base[0] + base[1] + base[2]) / 3;
}

/** A curved stroke of a soft color: looks a little like handwriting, and is none. */
function paintStroke(data: Uint8Array, width: number, height: number, random: Random): void {
  const color: Color = [random.between(0, 255), random.between(0, 255), random.between(0, 255)];
  const radius = random.between(0.7, 6);
  let x = random.between(0, width);
  let y = random.between(0, height);
  let heading = random.between(0, 2 * Math.PI);
  const turn = random.between(-0.08, 0.08);
  for (let step = random.whole(10, 90); step > 0; step--) {
    for (let dy = -Math.ceil(radius); dy <= radius; dy++) {
      for (let dx = -Math.ceil(radius); dx <= radius; dx++) {
        const px = Math.round(x) + dx;
        const py = Math.round(y) + dy;
        if (dx * dx + dy * dy > radius * radius || px < 0 || py < 0 || px >= width || py >= height) continue;
        blend(data, (py * width + px) * 3, color, 0.2);
      }
    }
    x += 2 * Math.cos(heading);
    y += 2 * Math.sin(heading);
    heading += turn;
  }
}

/** A color that stands out from the ground by 90 levels of brightness at least. */
function contrasting(ground: number, random: Random): Color {
  const darker = ground - 90 > 0 && (ground + 90 > 255 || random.between(0, 1) < 0.5);
  const brightness = darker ? random.between(0, ground - 90) : random.between(Math.min(ground + 90, 250), 255);
  const tint = () => clampByte(brightness + random.between(-25, 25));
  return [tint(), tint(), tint()];
}

function addNoise(data: Uint8Array, random: Random): void {
  const strength = random.between(2, 14);
  for (let i = 0; i < data.length; i++) data[i] = clampByte(data[i]! + random.between(-strength, strength));
}

function blend(data: Uint8Array, at: number, color: Color, alpha: number): void {
  for (let c = 0; c < 3; c++) data[at + c] = clampByte(data[at + c]! * (1 - alpha) + color[c]! * alpha);
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}
