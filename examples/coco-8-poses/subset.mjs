// Chooses eight pictures of COCO with 1 to 5 people, all of whom are labelled and at least 70 pixels high:
//   node examples/coco-8-poses/subset.mjs COCO_FOLDER    which holds person_keypoints.json and images/
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = process.argv[2];
if (folder === undefined)
  throw new Error('usage: node subset.mjs COCO_FOLDER, which holds person_keypoints.json and images/');
const all = JSON.parse(readFileSync(join(folder, 'person_keypoints.json'), 'utf8'));
const of = (id) => all.annotations.filter((one) => one.image_id === id);
const clear = ({ num_keypoints, iscrowd, bbox }) => num_keypoints >= 8 && iscrowd === 0 && bbox[3] >= 70;
const images = all.images
  .filter(({ id }) => of(id).length >= 1 && of(id).length <= 5 && of(id).every(clear))
  .sort((a, b) => a.id - b.id)
  .slice(0, 8);
const ids = new Set(images.map(({ id }) => id));
const annotations = all.annotations.filter(({ image_id }) => ids.has(image_id));
const here = new URL('data', import.meta.url).pathname;
mkdirSync(here, { recursive: true });
writeFileSync(join(here, '8.json'), JSON.stringify({ ...all, images, annotations }));
rmSync(join(here, 'images'), { force: true });
symlinkSync(resolve(folder, 'images'), join(here, 'images'));
console.log(`${images.length} pictures, ${annotations.length} people`);
