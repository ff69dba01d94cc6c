import { expect, test } from 'vitest';
import { addressOf, pageOf } from '../.vitepress/documents';

test('pages keep their names, and READMEs become pages of their folders', () => {
  expect(pageOf('README.md')).toBe('index.md');
  expect(pageOf('docs/errors.md')).toBe('errors.md');
  expect(pageOf('docs/decisions/README.md')).toBe('decisions/index.md');
  expect(pageOf('docs/decisions/node-23.md')).toBe('decisions/node-23.md');
  expect(pageOf('packages/coco/README.md')).toBe('packages/coco.md');
  expect(pageOf('tooling/reference/README.md')).toBeUndefined();
});

test('a link between documents leads to the page', () => {
  expect(addressOf('README.md', 'packages/coco')).toBe('/packages/coco');
  expect(addressOf('docs/errors.md', '../packages/coco/README.md')).toBe('/packages/coco');
  expect(addressOf('docs/errors.md', 'gpu.md#on-a-gpu')).toBe('/gpu#on-a-gpu');
  expect(addressOf('docs/errors.md', '../README.md')).toBe('/');
  expect(addressOf('docs/errors.md', 'decisions')).toBe('/decisions/');
  expect(addressOf('docs/decisions/README.md', 'package-index.md')).toBe('/decisions/package-index');
  expect(addressOf('packages/cli/README.md', 'https://github.com/icconv/icconv/blob/main/docs/gpu.md')).toBe('/gpu');
});

test('what is no page is on the web, and foreign addresses stay', () => {
  expect(addressOf('README.md', 'LICENSE')).toBe('https://github.com/icconv/icconv/blob/main/LICENSE');
  expect(addressOf('docs/errors.md', '../examples/unet')).toBe(
    'https://github.com/icconv/icconv/tree/main/examples/unet',
  );
  for (const link of ['#here', 'https://arxiv.org/abs/2012.13587', 'https://github.com/yifan123/IC-Conv'])
    expect(addressOf('README.md', link)).toBe(link);
});

test('a link to nothing, or out of the repository, is told with its document', () => {
  expect(() => addressOf('docs/errors.md', 'gpus.md')).toThrow('docs/errors.md: the link gpus.md leads nowhere');
  expect(() => addressOf('README.md', '../secret')).toThrow('leads nowhere');
  const dead = 'https://github.com/icconv/icconv/blob/main/docs/gpus.md';
  expect(() => addressOf('README.md', dead)).toThrow(`README.md: the link ${dead} leads nowhere`);
});
