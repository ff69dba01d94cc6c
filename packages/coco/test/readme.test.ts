import { writeFileSync } from 'node:fs';
import { describeReadme } from '@icconv/test-utils/readme';
import { writePicture } from './pictures';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  examples: ['run', 'run', 'run'],
  prepare: async () => {
    const segmentation = [[10, 10, 60, 10, 60, 60, 10, 60]];
    const object = { id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 50, 50], area: 2500, iscrowd: 0, segmentation };
    const [images, categories] = [[{ id: 1, width: 640, height: 480 }], [{ id: 1, name: 'cat' }]];
    writeFileSync('instances_val2017.json', JSON.stringify({ images, categories, annotations: [object] }));
    const detection = { image_id: 1, category_id: 1, score: 0.9, segmentation: { size: [480, 640], counts: [307200] } };
    writeFileSync('detections.json', JSON.stringify([detection]));
    for (const name of ['train/robin/1.jpg', 'train/wren/1.jpg', 'train/wren/2.jpg', 'val/1.jpg']) {
      await writePicture(`birds/${name}`, 8, 8);
    }
    const birds = ['robin', 'wren'].map((name, i) => ({ id: [1, 7][i], name }));
    const label = { id: 1, image_id: 1, category_id: 7 };
    const val = { images: [{ id: 1, file_name: '1.jpg' }], categories: birds, annotations: [label] };
    writeFileSync('val.json', JSON.stringify(val));
  },
});
