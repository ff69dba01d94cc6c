/** What must not compile is marked as such: the compiler complains about a mark without an error below it. */
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import type { Same } from './same';
import { schemaOf } from './schema-of';

interface Box {
  readonly size: readonly [height: number, width: number];
  readonly names: readonly string[];
  readonly inner: { readonly fit: 'cover' | 'contain'; readonly scale?: number };
  readonly choice?: { readonly kind: 'a'; readonly a: number } | { readonly kind: 'b' };
}

const fields = {
  size: z.tuple([z.number(), z.number()]),
  names: z.array(z.string()),
  inner: z.strictObject({ fit: z.enum(['cover', 'contain']), scale: z.number().exactOptional() }),
  choice: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('a'), a: z.number() }),
      z.strictObject({ kind: z.literal('b') }),
    ])
    .exactOptional(),
};

test('a schema of the same keys and values is given back as it is', () => {
  const schema = z.strictObject(fields);
  expect(schemaOf<Box>()(schema)).toBe(schema);
  expectTypeOf(schemaOf<Box>()(schema).omit({ inner: true })).toEqualTypeOf(schema.omit({ inner: true }));
  const box: Box = schemaOf<Box>()(schema).parse({ size: [1, 2], names: [], inner: { fit: 'cover' } });
  expect(box.inner).toEqual({ fit: 'cover' });
});

test('others do not compile', () => {
  const { names: _, ...missing } = fields;
  const { fit, scale } = fields.inner.shape;
  // @ts-expect-error a missing key
  schemaOf<Box>()(z.strictObject(missing));
  // @ts-expect-error a missing key that is optional
  schemaOf<Box>()(z.strictObject({ ...fields, inner: z.strictObject({ fit }) }));
  // @ts-expect-error an extra key
  schemaOf<Box>()(z.strictObject({ ...fields, more: z.number() }));
  // @ts-expect-error an extra key that is optional
  schemaOf<Box>()(z.strictObject({ ...fields, more: z.number().exactOptional() }));
  // @ts-expect-error optional here, not there
  schemaOf<Box>()(z.strictObject({ ...fields, names: fields.names.exactOptional() }));
  // @ts-expect-error optional there, not here, and inside
  schemaOf<Box>()(z.strictObject({ ...fields, inner: z.strictObject({ fit, scale: scale.unwrap() }) }));
  // @ts-expect-error a key that may be there and undefined
  schemaOf<Box>()(z.strictObject({ ...fields, inner: z.strictObject({ fit, scale: z.number().optional() }) }));
  // @ts-expect-error another choice
  schemaOf<Box>()(z.strictObject({ ...fields, inner: z.strictObject({ fit: z.enum(['cover']), scale }) }));
  // @ts-expect-error a list for a pair
  schemaOf<Box>()(z.strictObject({ ...fields, size: z.array(z.number()) }));
  // @ts-expect-error a kind less
  schemaOf<Box>()(z.strictObject({ ...fields, choice: z.strictObject({ kind: z.literal('b') }).exactOptional() }));
  // @ts-expect-error anything
  schemaOf<Box>()(z.strictObject({ ...fields, names: z.any() }));
});

test('the same type but for readonly', () => {
  expectTypeOf<Same<readonly string[], string[]>>().toEqualTypeOf<true>();
  expectTypeOf<Same<{ readonly a: readonly (readonly [number])[] }, { a: [number][] }>>().toEqualTypeOf<true>();
  expectTypeOf<Same<{ a: 1 } & { b?: 2 }, { a: 1; b?: 2 }>>().toEqualTypeOf<true>();
  expectTypeOf<Same<string, number>>().toEqualTypeOf<false>();
  expectTypeOf<Same<{ a: 1 }, { a?: 1 }>>().toEqualTypeOf<false>();
  expectTypeOf<Same<{ a?: 1 }, { a?: 1 | undefined }>>().toEqualTypeOf<false>();
  expectTypeOf<Same<{ a: unknown }, { a: number }>>().toEqualTypeOf<false>();
  expectTypeOf<Same<number[], [number]>>().toEqualTypeOf<false>();
});
