import { describeWorkersAsOne } from '@icconv/test-utils';
import { loadCheckpoint } from '@icconv/training/node';
import { activate } from '../support/activate';

const script = new URL('./cluster-worker.ts', import.meta.url);
describeWorkersAsOne('a detector', {
  ...{ activate, script, load: loadCheckpoint },
  // Norms of the few values of a small map multiply what rounding makes different, step by step.
  norms: [{ workers: 2, many: 'synchronised', one: 'train', steps: 3, limit: 2e-4 }],
});
