/** `detect.ts [PICTURE] [MODEL] [OUT]`: what a detector finds in a picture. */
import { writeFile } from 'node:fs/promises';
import { createDetector, drawDetections } from '@icconv/detection/node';

const [picture = 'street.jpg', model = 'torchvision/fasterrcnn-resnet50-fpn-v2', out = 'boxes.png'] =
  process.argv.slice(2);
const detector = await createDetector(model);
const found = await detector.detect(picture, { scoreThreshold: 0.5 });
for (const { label, score, box } of found.detections)
  console.log(label, score.toFixed(2), box.map(Math.round).join(' '));
await writeFile(out, await drawDetections(picture, found));
await detector.dispose();
