import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConvSpec } from '../network/plan';
import { branchesOf, restoringOrder } from './branches';

const layer = fc
  .record({ groups: fc.integer({ min: 1, max: 4 }), share: fc.integer({ min: 1, max: 6 }) })
  .chain(({ groups, share }) =>
    fc.record({
      groups: fc.constant(groups),
      outChannels: fc.constant(groups * share),
      dilations: fc.array(fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })), {
        minLength: groups * share,
        maxLength: groups * share,
      }),
    }),
  );

test('branches hold every channel once, of its dilation and group, and the order leads back', () => {
  fc.assert(
    fc.property(layer, (spec) => {
      const branches = branchesOf(spec as unknown as ConvSpec);
      const perGroup = spec.outChannels / spec.groups;
      for (const { dilation, channels, groups } of branches) {
        // What a grouped convolution of the branch's groups computes: an equal run of channels for each.
        const run = channels.length / groups.length;
        channels.forEach((channel, place) => {
          expect(spec.dilations[channel]).toEqual(dilation);
          expect(Math.floor(channel / perGroup)).toBe(groups[Math.floor(place / run)]);
        });
      }
      const joined = branches.flatMap(({ channels }) => channels);
      const order = restoringOrder(branches) ?? joined.map((_, place) => place);
      expect(order.map((place) => joined[place])).toEqual(joined.map((_, channel) => channel));
    }),
  );
});

test('one dilation for whole groups makes one branch of them', () => {
  const spec = {
    groups: 4,
    outChannels: 8,
    dilations: [
      [1, 1],
      [2, 1],
      [1, 1],
      [2, 1],
    ],
  } as unknown as ConvSpec;
  expect(branchesOf(spec)).toEqual([
    { dilation: [1, 1], groups: [0, 2], channels: [0, 1, 4, 5] },
    { dilation: [2, 1], groups: [1, 3], channels: [2, 3, 6, 7] },
  ]);
  expect(restoringOrder(branchesOf(spec))).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
});
