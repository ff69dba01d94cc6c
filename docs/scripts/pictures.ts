/** `pnpm --filter @icconv/docs pictures` makes the pictures of README: what the demo's networks find in scenes unseen in training, and a dilation map. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDetector, drawDetections } from '@icconv/detection/node';
import { dilationMapSvg } from '@icconv/edo/report';
import * as digits from '@icconv/example-digits';
import * as figures from '@icconv/example-figures';
import { inceptionLayers, publishedPattern, resnetConfig } from '@icconv/models';
import { createPoseEstimator, drawPoses } from '@icconv/pose/node';
import sharp from 'sharp';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'docs/pictures');

await mkdir(FOLDER, { recursive: true });

const detector = await createDetector(join(ROOT, 'examples/digits/model'));
const scene = digits.scene(10_001, { split: 'test' });
const found = await detector.detect(scene, { scoreThreshold: 0.5 });
await writeFile(join(FOLDER, 'detections.jpg'), await drawDetections(scene, found, { format: 'jpg' }));
await detector.dispose();

const estimator = await createPoseEstimator(join(ROOT, 'examples/figures/model'));
const drawn = await sharp(Buffer.from(figures.paintScene(figures.scene(10_003, 'test'))))
  .png()
  .toBuffer();
// A mirrored figure is no such figure: its stripes are on its left.
const people = await estimator.estimate(drawn, { flip: false, scoreThreshold: 0.25 });
await writeFile(
  join(FOLDER, 'poses.jpg'),
  await drawPoses(drawn, people, estimator.model.config.skeleton, { format: 'jpg' }),
);
await estimator.dispose();

const pattern = publishedPattern('detection/ic-resnet50-k9');
const names = inceptionLayers(resnetConfig(50, { conv: { kind: 'inception', pattern } })).map(({ name }) => name);
const map = dilationMapSvg({ ...pattern, layers: pattern.layers.map((layer, i) => ({ ...layer, name: names[i]! })) });
await sharp(Buffer.from(map))
  .flatten({ background: 'white' })
  .png({ palette: true })
  .toFile(join(FOLDER, 'dilations.png'));
