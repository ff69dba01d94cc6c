import { describe, expect, test } from 'vitest';

test('passes', () => expect(1).toBe(1));
test.skip('is skipped', () => {});
describe('group', () => {
  test('fails', () => expect([1, 2]).toEqual([1, 3]));
});
