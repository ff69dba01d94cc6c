import { writeFileSync } from 'node:fs';
import { describeReadme } from '@icconv/test-utils/readme';
import { activate } from './support/activate';
import { paintedData } from './support/painted-data';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  native: () => activate('native'),
  examples: [{ skip: 'fetches a published checkpoint' }, 'run', 'run', 'run'],
  prepare: async () => {
    const { dataset } = await paintedData('images', ['head', 'tail']);
    for (const file of ['train.json', 'val.json']) writeFileSync(file, JSON.stringify(dataset.toJson()));
  },
});
