/** Recovery of planted dilations over noise, by objective: mean over seeds of the share of channels found. */
import { OBJECTIVES, type ObjectiveName } from '../src/index';
import { recoveredShare } from '../test/support/planted';

export const NOISE = [0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3] as const;
const SEEDS = [1, 101, 201];

/** Share of channels found at each of {@link NOISE}. Chance alone finds 1/16. */
export async function recoveryCurves(): Promise<Record<ObjectiveName, number[]>> {
  const curves = {} as Record<ObjectiveName, number[]>;
  for (const objective of Object.keys(OBJECTIVES) as ObjectiveName[]) {
    curves[objective] = [];
    for (const noise of NOISE) {
      let sum = 0;
      for (const seed of SEEDS) sum += await recoveredShare({ noise, objective, seed });
      curves[objective].push(sum / SEEDS.length);
    }
  }
  return curves;
}
