/** The README's first example runs and prints what it says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as coco from '../src/index';

test('README example', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = readme.match(/```ts\n([\s\S]*?)```/)![1]!;
  const printed: string[] = [];
  const body = code.replace(/import (\{[^}]*\}) from '@icconv\/coco';/, 'const $1 = coco;');
  new Function('coco', 'console', body)(coco, { log: (...values: unknown[]) => printed.push(values.join(' ')) });
  const told = [...code.matchAll(/(?:^|; )\/\/ (.*)$/gm)].map(([, text]) => text);
  expect(printed).toEqual(told);
  expect(told.length).toBe(3);
});
