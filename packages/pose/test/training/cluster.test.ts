import { describeWorkersAsOne } from '@icconv/test-utils';
import { loadCheckpoint } from '@icconv/training/node';
import { activate } from '../support/activate';

const script = new URL('./cluster-worker.ts', import.meta.url);
describeWorkersAsOne('a pose estimator', { activate, script, load: loadCheckpoint });
