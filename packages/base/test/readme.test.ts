import { writeFileSync } from 'node:fs';
import { describeReadme } from '@icconv/test-utils/readme';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  examples: ['run', 'run'],
  prepare: () => writeFileSync('train.yaml', 'preset: short\nrecipe: { epochs: 1 }\n'),
});
