import { describeReadme } from '@icconv/test-utils/readme';
import { activate } from './support/activate';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  native: () => activate('native'),
  examples: ['run', 'run', { skip: 'reads published checkpoints' }, 'run'],
});
