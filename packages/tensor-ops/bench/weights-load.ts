/** One load in a fresh process, so that its peak memory is its own: prints milliseconds and bytes as JSON. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadStateDict, openWeights } from '../src/weights';

const [mode, path] = process.argv.slice(2) as ['arrays' | 'tensors', string];
tf.env().set('IS_TEST', true);
await tf.setBackend('cpu');
// The peak of start-up (compiling the sources) would hide the load's own, so the kernel's mark is what is compared with.
const before = process.memoryUsage.rss();
const start = performance.now();
let kept: unknown;
if (mode === 'arrays') {
  const file = await openWeights(path);
  const arrays = [];
  for (const name of file.entries.keys()) arrays.push(await file.read(name));
  await file.close();
  kept = arrays;
} else kept = await loadStateDict(path);
const ms = performance.now() - start;
const peak = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ ms, before, peak, kept: Object.keys(kept as object).length }));
