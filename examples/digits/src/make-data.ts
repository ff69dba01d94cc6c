/** `pnpm run data --out data --train 3000 --test 200`: `train.json`, `test.json` (COCO annotations) and `images/`. */
import { parseArgs } from 'node:util';
import { writeSplit } from './write-split';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'data' },
    train: { type: 'string', default: '3000' },
    test: { type: 'string', default: '200' },
  },
});
await writeSplit({ folder: values.out, split: 'train', count: Number(values.train) });
await writeSplit({ folder: values.out, split: 'test', count: Number(values.test) });
