// One timed run of this package: own.mjs BUILD GT DT bbox|segm|keypoints THREADS; prints one JSON line, as the peers do.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [build, gtPath, dtPath, iouType, threads] = process.argv.slice(2);
const { loadDataset, loadResults, evaluateParallel } = await import(pathToFileURL(join(build, 'node.js')).href);
const shared = Number(threads) > 1;
const t = [performance.now()];
const gt = await loadDataset(gtPath, { shared });
t.push(performance.now());
const dt = await loadResults(dtPath, { shared });
t.push(performance.now());
// Matching and accumulation go category by category, so they are one stage here.
const { stats } = await evaluateParallel(gt, dt, { iouType, threads: Number(threads), compat: 'pycocotools' });
t.push(performance.now());
const seconds = t.slice(1).map((end, i) => (end - t[i]) / 1000);
console.log(
  JSON.stringify({
    stages: { loadGt: seconds[0], loadDt: seconds[1], evaluate: seconds[2], accumulate: 0 },
    stats: Object.values(stats),
    peakMb: process.resourceUsage().maxRSS / 1024,
  }),
);
