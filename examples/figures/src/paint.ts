/** A scene as SVG: background with distractors, then the figures. */
import type { Figure, Part, Point, Shape, Side } from './figure';
import { type Random, seededRandom } from './random';
import { type Scene, SIDE } from './scene';

export interface PaintOptions {
  /**
   * Whose limbs are dark with a light stripe. `left`: every figure's left ones. `either`: drawn for each figure, so that a
   * mirrored picture with left and right swapped is as likely as the picture itself.
   * @defaultValue `'left'`
   */
  readonly mark?: 'left' | 'either';
}

export function paintScene({ figures, paintSeed }: Scene, { mark = 'left' }: PaintOptions = {}): string {
  const random = seededRandom(paintSeed);
  const ground = background(random);
  const bodies = figures.map(({ figure }) => {
    const side = random.pick(['left', 'right'] as const);
    return body(figure, mark === 'left' ? 'left' : side, random);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">${ground}${bodies.join('')}</svg>`;
}

function background(random: Random): string {
  const color = () => hsl(random.between(0, 360), random.between(5, 60), random.between(15, 90));
  const [x, y] = [random.between(0, 1), random.between(0, 1)];
  const stops = `<stop offset="0" stop-color="${color()}"/><stop offset="1" stop-color="${color()}"/>`;
  const parts = [
    `<linearGradient id="g" x1="${fixed(x)}" y1="${fixed(y)}" x2="${fixed(1 - x)}" y2="${fixed(1 - y)}">${stops}</linearGradient>`,
    `<rect width="${SIDE}" height="${SIDE}" fill="url(#g)"/>`,
  ];
  const anywhere = (): Point => [random.between(0, SIDE), random.between(0, SIDE)];
  for (let i = random.whole(4, 16); i > 0; i--) {
    const opacity = `opacity="${fixed(random.between(0.25, 0.9))}"`;
    if (random.between(0, 1) < 0.4) {
      const [cx, cy] = anywhere();
      parts.push(
        `<circle cx="${fixed(cx)}" cy="${fixed(cy)}" r="${fixed(random.between(3, 30))}" fill="${color()}" ${opacity}/>`,
      );
    } else {
      const [x0, y0] = anywhere();
      const end: Point = [x0 + random.between(-90, 90), y0 + random.between(-90, 90)];
      const cap = random.pick(['round', 'butt']);
      parts.push(
        `<g stroke-linecap="${cap}" ${opacity}>${outline([[x0, y0], end], random.between(1, 14), color())}</g>`,
      );
    }
  }
  return parts.join('');
}

function body(figure: Figure, marked: Side, random: Random): string {
  const hue = { arm: random.between(0, 360), leg: random.between(0, 360), torso: random.between(0, 360) };
  const saturation = random.between(25, 80);
  const light = random.between(50, 68);
  const skin = hsl(random.between(15, 40), random.between(25, 60), random.between(35, 80));
  const shoe = hsl(random.between(0, 360), 20, random.between(10, 90));
  const color = ({ part, side }: Shape) => {
    if (part === 'arm' || part === 'leg') return hsl(hue[part], saturation, side === marked ? light - 32 : light);
    return part === 'torso' ? hsl(hue.torso, saturation, light - 8) : part === 'foot' ? shoe : skin;
  };
  const edge = fixed(Math.max(1, figure.height / 90));
  const drawn = figure.shapes.map((shape) => {
    const striped = shape.side === marked && isClothed(shape.part);
    const stripe = striped ? outline(shape.points, 0.24 * shape.radius, hsl(hue.arm, 20, 92)) : '';
    const face = shape.part === 'head' ? faceOf(figure, shape.radius) : '';
    // A thin dark rim inside the radius keeps limbs apart from a body of like color.
    return (
      outline(shape.points, shape.radius, '#181818') +
      outline(shape.points, shape.radius - Number(edge) / 2, color(shape)) +
      stripe +
      face
    );
  });
  return `<g stroke-linecap="round" stroke-linejoin="round">${drawn.join('')}</g>`;
}

function isClothed(part: Part): boolean {
  return part === 'arm' || part === 'leg';
}

function faceOf({ face: [left, right, mouthLeft, mouthRight] }: Figure, radius: number): string {
  const eyes = outline([left], 0.15 * radius, '#181818') + outline([right], 0.15 * radius, '#181818');
  return eyes + outline([mouthLeft, mouthRight], 0.09 * radius, '#7a1f1f');
}

/** All within `radius` of the points, the segment or the polygon. */
function outline(points: readonly Point[], radius: number, color: string): string {
  const [first, ...rest] = points.map(([x, y]) => `${fixed(x)} ${fixed(y)}`);
  // A path without length draws its round caps only when it goes somewhere.
  const path = rest.length === 0 ? `M${first}h0.01` : `M${first}L${rest.join('L')}${rest.length > 1 ? 'Z' : ''}`;
  return `<path d="${path}" fill="${rest.length > 1 ? color : 'none'}" stroke="${color}" stroke-width="${fixed(2 * radius)}"/>`;
}

function hsl(hue: number, saturation: number, light: number): string {
  return `hsl(${Math.round(hue)},${Math.round(saturation)}%,${Math.round(light)}%)`;
}

function fixed(value: number): string {
  return value.toFixed(2);
}
