import { expect, expectTypeOf, test } from 'vitest';
import { defined } from './defined';

test('keys without a value are left out, those with null or false stay', () => {
  expect(Object.keys(defined({ a: undefined, b: null, c: false, d: 0 }))).toEqual(['b', 'c', 'd']);
});

test('what may be undefined becomes optional', () => {
  const threads: number | undefined = undefined as number | undefined;
  const given = defined({ device: 'cpu', threads });
  expectTypeOf(given).toEqualTypeOf<{ readonly device: string } & { readonly threads?: number }>();
  const options: { readonly device: string; readonly threads?: number } = given;
  expect(options).toEqual({ device: 'cpu' });
});
