import { describeBackends } from '@icconv/test-utils';
import { expect, it } from 'vitest';
import type { ObjectiveName } from '../src/index';
import { activate } from './support/activate';
import { recoveredShare } from './support/planted';

describeBackends(
  'planted kernels',
  activate,
  () => {
    for (const objective of ['weight-l1', 'output-error', 'expectation', 'signed-weights'] as const) {
      it(`${objective} finds every channel's dilation without noise`, async () => {
        expect(await recoveredShare({ noise: 0, objective })).toBe(1);
      });
    }

    // Measured (`pnpm bench edo`), with room for other seeds: sums cancel, magnitudes do not, and the output's error averages over data.
    it('withstands noise best by weight-l1, then output-error, then the sums', async () => {
      const found = (objective: ObjectiveName, noise: number) => recoveredShare({ objective, noise });
      expect(await found('weight-l1', 0.8)).toBeGreaterThan(0.95);
      expect(await found('weight-l1', 3)).toBeLessThan(0.4);
      expect(await found('output-error', 0.1)).toBeGreaterThan(0.95);
      const [output, sums] = [await found('output-error', 0.8), await found('signed-weights', 0.8)];
      expect(output).toBeLessThan(0.8);
      expect(sums).toBeLessThan(output);
      expect(await found('expectation', 0.8)).toBeLessThan(output);
    });
  },
  ['native'],
);
