// The first overlays of a data set in one picture, four by three, each with how many objects it has and how many answers it got,
// right and wrong.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

const sharp = createRequire(join(ROOT, 'packages/base/package.json'))('sharp');

const [COLUMNS, ROWS] = [4, 3];
/** Pixels of a tile and of the caption under it. */
const [SIDE, CAPTION] = [320, 28];

/**
 * @param overlays - folder of pictures, named as those of the annotations but for the ending.
 * @param results - what was found, in COCO's format; counted from `score` on.
 * @param noun - of one object.
 */
export async function writeContactSheet(file, { overlays, annotations, results, score, noun }) {
  const { images, annotations: objects } = JSON.parse(readFileSync(annotations, 'utf8'));
  const found = JSON.parse(readFileSync(results, 'utf8')).filter((one) => one.score >= score);
  const stem = (name) => name.replace(/\.\w+$/, '');
  const drawn = new Map(readdirSync(overlays).map((name) => [stem(name), join(overlays, name)]));
  const tiles = images.slice(0, COLUMNS * ROWS).map(async ({ id, file_name: name }, i) => {
    const [left, top] = [(i % COLUMNS) * SIDE, Math.floor(i / COLUMNS) * (SIDE + CAPTION)];
    const count = (list) => list.filter((one) => one.image_id === id).length;
    const all = count(objects);
    const text = `${stem(name)}: ${all} ${noun}${all === 1 ? '' : 's'}, ${count(found)} answers`;
    const caption = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${CAPTION}"><text x="6" y="19" font-size="15" font-family="DejaVu Sans, sans-serif">${text}</text></svg>`;
    return [
      {
        input: await sharp(drawn.get(stem(name)))
          .resize(SIDE, SIDE, { fit: 'contain' })
          .toBuffer(),
        left,
        top,
      },
      { input: Buffer.from(caption), left, top: top + SIDE },
    ];
  });
  const rows = Math.ceil(tiles.length / COLUMNS);
  await sharp({
    create: { width: COLUMNS * SIDE, height: rows * (SIDE + CAPTION), channels: 3, background: 'white' },
  })
    .composite((await Promise.all(tiles)).flat())
    .png()
    .toFile(file);
}
