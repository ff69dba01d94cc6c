import { beforeAll, describe, test } from 'vitest';

describe('prepared', () => {
  beforeAll(() => {
    throw new Error('the preparation failed');
  });
  test('never runs', () => {});
});
