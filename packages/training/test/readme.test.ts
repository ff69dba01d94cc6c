import { describeReadme } from '@icconv/test-utils/readme';
import sharp from 'sharp';
import { activate } from './support/activate';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  native: () => activate('native'),
  examples: ['run'],
  prepare: async () => {
    const create = { width: 100, height: 100, channels: 3, background: 'gray' } as const;
    for (const name of ['a.jpg', 'b.jpg']) await sharp({ create }).jpeg().toFile(name);
  },
});
