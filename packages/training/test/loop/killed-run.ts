/** A run in a process of its own, for the test that kills it: `tsx killed-run.ts FOLDER MILLISECONDS_A_STEP`. */
import { useEngine } from '@icconv/tensor-ops/engine';
import { trainLoop } from '../../src/node';
import { fingerprint, makeRun, step } from './tiny';

const [folder, pause] = process.argv.slice(2) as [string, string];
await useEngine({ device: 'cpu', threads: 2 });
const { run, weights, averages, optimizer, dispose } = makeRun({
  folder,
  resume: true,
  checkpointEverySteps: 1,
  handleInterrupt: true,
  async step(current, batch, context) {
    console.log(`step ${context.step}`);
    await new Promise((resolve) => setTimeout(resolve, Number(pause)));
    return step(current, batch, context);
  },
});
const result = await trainLoop(run);
console.log(JSON.stringify({ ...result, fingerprint: fingerprint(weights, averages.weights(), optimizer.buffers()) }));
await dispose();
