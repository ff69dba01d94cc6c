import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Eight pictures of squares, and a configuration that trains a tiny detector of them in seconds, in a folder's `train.yaml`. */
export async function squaresData(folder: string): Promise<void> {
  const path = (...names: string[]) => join(folder, ...names);
  mkdirSync(path('images'));
  const images: object[] = [];
  const annotations: object[] = [];
  for (let i = 0; i < 8; i++) {
    const ground = sharp({ create: { width: 64, height: 64, channels: 3, background: `#6060${10 + i}` } });
    await ground.png().toFile(path('images', `${i}.png`));
    images.push({ id: i + 1, file_name: `${i}.png`, width: 64, height: 64 });
    annotations.push({ id: i + 1, image_id: i + 1, category_id: 7, bbox: [4 * i, 8, 20, 30], area: 600, iscrowd: 0 });
  }
  writeFileSync(path('gt.json'), JSON.stringify({ images, annotations, categories: [{ id: 7, name: 'square' }] }));
  writeFileSync(
    path('train.yaml'),
    `preset: small
model:
  backbone: { block: basic, blocks: [1, 1, 1, 1], width: 8 }
  config: { fpnChannels: 16, input: { minSize: 64, maxSize: 64 }, roi: { hidden: 16 } }
data:
  train: { annotations: gt.json, images: images }
  val: { annotations: gt.json, images: images }
recipe: { epochs: 2, batchSize: 2, evaluateEvery: 2 }
output: run
`,
  );
}
