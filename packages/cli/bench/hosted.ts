/** What a call of a network in a child process takes more than one in this process. */
import { setTimeout } from 'node:timers/promises';
import type { ImageInput } from '@icconv/base/pictures';
import { createDetector, createRemoteDetector } from '@icconv/detection/node';
import { summarize } from '../../tensor-ops/bench/measure';

const TURNS = 60;
const WARM_UPS = 10;
/** Threads of a network stay awake for a moment after it: they shall not take the other's processor. */
const PAUSE_MS = 20;

export interface Overhead {
  readonly input: string;
  readonly inProcess: Omit<ReturnType<typeof summarize>, 'runs'>;
  readonly hosted: Omit<ReturnType<typeof summarize>, 'runs'>;
  /** Difference of the medians, in milliseconds. */
  readonly overheadMs: number;
}

/** @param model - of a network so small that a call is mostly what stands around it. */
export async function hostedOverhead(model: string, inputs: Readonly<Record<string, ImageInput>>): Promise<Overhead[]> {
  const source = { model, changes: { input: { minSize: 64, maxSize: 96 } } };
  const own = await createDetector(source);
  const remote = await createRemoteDetector(source);
  try {
    const results: Overhead[] = [];
    for (const [input, image] of Object.entries(inputs)) {
      const times: [number[], number[]] = [[], []];
      for (let turn = 0; turn < WARM_UPS + TURNS; turn++) {
        const found: string[] = [];
        for (const [i, detector] of [own, remote].entries()) {
          await setTimeout(PAUSE_MS);
          const start = performance.now();
          const result = await detector.detect(image, { scoreThreshold: 0.05 });
          if (turn >= WARM_UPS) times[i]!.push(performance.now() - start);
          found.push(JSON.stringify(result));
        }
        if (found[0] !== found[1]) throw new Error(`${input}: the child finds something else`);
      }
      const [inProcess, hosted] = [summarize(times[0]), summarize(times[1])];
      results.push({ input, inProcess, hosted, overheadMs: hosted.medianMs - inProcess.medianMs });
    }
    return results;
  } finally {
    await Promise.all([own.dispose(), remote.dispose()]);
  }
}
