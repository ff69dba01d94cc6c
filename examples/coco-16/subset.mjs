// node subset.mjs INSTANCES.json > 16.json: the first sixteen pictures by id that have 2 to 12 objects and no crowd, all 80 categories kept.
import { readFileSync } from 'node:fs';

const dataset = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const of = (image) => dataset.annotations.filter((one) => one.image_id === image.id);
const images = dataset.images
  .sort((a, b) => a.id - b.id)
  .filter((image) => of(image).length >= 2 && of(image).length <= 12 && of(image).every((one) => !one.iscrowd))
  .slice(0, 16);
process.stdout.write(JSON.stringify({ ...dataset, images, annotations: images.flatMap(of) }));
