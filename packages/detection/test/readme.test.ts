import { cpSync, writeFileSync } from 'node:fs';
import { describeReadme } from '@icconv/test-utils/readme';
import { activate } from './support/activate';
import { boxesData } from './training/boxes-data';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  native: () => activate('native'),
  examples: [{ skip: 'fetches a published checkpoint' }, 'run', 'run', 'run', 'run'],
  prepare: async () => {
    const { dataset } = await boxesData('images', { pictures: 4, categoryIds: [1, 2, 3] });
    const categories = ['red', 'white', 'platelets'].map((name, i) => ({ id: i + 1, name }));
    const text = JSON.stringify({ ...dataset.toJson(), categories });
    for (const file of ['train.json', 'val.json']) writeFileSync(file, text);
  },
});

describeReadme(new URL('../../../docs/server.md', import.meta.url), {
  load: (name) => import(name),
  native: () => activate('native'),
  examples: ['run'],
  prepare: async () => {
    await boxesData('images', { pictures: 1 });
    cpSync(new URL('../../../examples/digits/model', import.meta.url), 'runs/cells', { recursive: true });
  },
});
