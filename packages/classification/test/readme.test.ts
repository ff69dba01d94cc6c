import { describeReadme } from '@icconv/test-utils/readme';
import { activate } from './support/activate';
import { classFolder } from './support/class-folder';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  native: () => activate('native'),
  examples: [{ skip: 'fetches a published checkpoint' }, 'run'],
  prepare: async () => {
    await classFolder('shapes/train', 6, 'train');
    await classFolder('shapes/val', 3, 'val');
  },
});
