import { describeReadme } from '@icconv/test-utils/readme';

describeReadme(new URL('../README.md', import.meta.url), {
  load: (name) => import(name),
  examples: [
    { skip: 'takes a task, as those of detection and pose, whose READMEs run it' },
    'run',
    { skip: 'fetches a published checkpoint' },
  ],
});
