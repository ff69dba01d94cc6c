import { writeFileSync } from 'node:fs';
import { describeReadme } from '@icconv/test-utils/readme';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  examples: ['run', 'run'],
  prepare: () => {
    const segmentation = [[10, 10, 60, 10, 60, 60, 10, 60]];
    const object = { id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 50, 50], area: 2500, iscrowd: 0, segmentation };
    const [images, categories] = [[{ id: 1, width: 640, height: 480 }], [{ id: 1, name: 'cat' }]];
    writeFileSync('instances_val2017.json', JSON.stringify({ images, categories, annotations: [object] }));
    const detection = { image_id: 1, category_id: 1, score: 0.9, segmentation: { size: [480, 640], counts: [307200] } };
    writeFileSync('detections.json', JSON.stringify([detection]));
  },
});
