// Peak memory of loading a large instances file: large.mjs BUILD FILE MEGABYTES; writes the file where it is absent.
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';

const [build, file, megabytes] = process.argv.slice(2);
if (!existsSync(file)) {
  await mkdir(dirname(file), { recursive: true });
  await pipeline(Readable.from(pieces(Number(megabytes) * 1e6)), createWriteStream(file));
}
const { loadDataset } = await import(pathToFileURL(join(build, 'node.js')).href);
const before = performance.now();
const dataset = await loadDataset(file);
const seconds = (performance.now() - before) / 1000;
const peakMb = process.resourceUsage().maxRSS / 1024;
const fileMb = statSync(file).size / 1e6;
console.log(JSON.stringify({ annotations: dataset.annotationCount, fileMb, seconds, peakMb }));

/** Text in the shape of instances_train2017.json: images with their addresses, polygons of 20 to 100 corners. */
function* pieces(size) {
  let seed = 1;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const images = Math.round(size / 4000);
  yield '{"info": {"year": 2017}, "images": [';
  for (let i = 1; i <= images; i++) {
    const name = `${String(i).padStart(12, '0')}.jpg`;
    const url = `http://images.cocodataset.org/train2017/${name}`;
    yield `${i > 1 ? ',' : ''}{"license": 3, "file_name": "${name}", "coco_url": "${url}", "height": 360, "width": 640, "id": ${i}}`;
  }
  const categories = Array.from(
    { length: 80 },
    (_, k) => `{"supercategory": "thing", "id": ${k + 1}, "name": "c${k + 1}"}`,
  );
  yield `], "categories": [${categories.join(', ')}], "annotations": [`;
  for (let written = images * 190, id = 1; written < size; id++) {
    const [x, y, w, h] = [random() * 500, random() * 300, random() * 100 + 5, random() * 50 + 5];
    const corners = Array.from(
      { length: 20 + Math.floor(random() * 80) },
      () => `${(x + random() * w).toFixed(2)}, ${(y + random() * h).toFixed(2)}`,
    );
    const bbox = [x, y, w, h].map((v) => v.toFixed(2)).join(', ');
    const text = `${id > 1 ? ', ' : ''}{"segmentation": [[${corners.join(', ')}]], "area": ${(w * h * 0.7).toFixed(5)}, "iscrowd": 0, "image_id": ${1 + (id % images)}, "bbox": [${bbox}], "category_id": ${1 + (id % 80)}, "id": ${id}}`;
    written += text.length;
    yield text;
  }
  yield ']}';
}
