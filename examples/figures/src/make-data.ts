/**
 * `pnpm run data --out data --train 3000 --test 200 --first 0 --mark left`: `train.json`, `test.json` (COCO annotations)
 * and `images/`.
 */
import { parseArgs } from 'node:util';
import { writeSplit } from './write-split';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'data' },
    train: { type: 'string', default: '3000' },
    test: { type: 'string', default: '200' },
    first: { type: 'string', default: '0' },
    mark: { type: 'string', default: 'left' },
  },
});
const { out: folder, first, mark } = values;
if (mark !== 'left' && mark !== 'either') throw new RangeError(`--mark is "left" or "either", not "${mark}"`);
for (const split of ['train', 'test'] as const) {
  const count = Number(values[split]);
  if (count > 0) await writeSplit({ folder, split, count, first: Number(first), mark });
}
