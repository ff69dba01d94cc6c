/** Puts the demo's networks and some scenes that they have not seen in training into `public`, from where the page loads them. */
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as digits from '@icconv/example-digits';
import * as figures from '@icconv/example-figures';
import sharp from 'sharp';
import { SAMPLES } from '../src/samples';

const EXAMPLES = join(import.meta.dirname, '../..');
const PUBLIC = join(import.meta.dirname, '../public');

await rm(PUBLIC, { recursive: true, force: true });
await mkdir(join(PUBLIC, 'samples'), { recursive: true });
for (const name of ['digits', 'figures']) {
  await cp(join(EXAMPLES, name, 'model'), join(PUBLIC, 'models', name), { recursive: true });
}
for (const index of SAMPLES.detection) {
  const { data, width, height } = digits.scene(index, { split: 'test' });
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  await picture.png().toFile(join(PUBLIC, `samples/detection-${index}.png`));
}
for (const index of SAMPLES.pose) {
  const picture = sharp(Buffer.from(figures.paintScene(figures.scene(index, 'test'))));
  await picture
    .flatten({ background: 'white' })
    .png()
    .toFile(join(PUBLIC, `samples/pose-${index}.png`));
}
