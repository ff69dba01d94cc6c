import { describeReadme } from '@icconv/test-utils/readme';

describeReadme(new URL('../README.md', import.meta.url), { load: (name) => import(name), examples: ['run'] });
