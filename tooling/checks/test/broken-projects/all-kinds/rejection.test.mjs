import { test } from 'vitest';

test('leaves a promise behind', async () => {
  Promise.reject(new Error('nobody caught this'));
  await new Promise((resolve) => setTimeout(resolve, 20));
});
