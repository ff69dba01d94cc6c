// node bench/stages.mjs MODEL PICTURE: what `icconv detect` does of one picture, step by step from the start of the process, by the built
// packages. Prints wall and processor milliseconds of each step as one JSON object.
const stages = {};
let from = { wall: 0, processor: 0 };
const mark = (stage) => {
  const { user, system } = process.cpuUsage();
  const now = { wall: performance.now(), processor: (user + system) / 1000 };
  stages[stage] = { wallMs: now.wall - from.wall, processorMs: now.processor - from.processor };
  from = now;
};

const [model, picture] = process.argv.slice(2);
mark('Node starts');
const { decodeImage } = await import('@icconv/base/pictures');
const { DETECTION } = await import('@icconv/detection/node');
const { loadTaskWeights, resolveModel } = await import('@icconv/task');
const { runSteps } = await import('@icconv/tensor-ops');
const { useEngine } = await import('@icconv/tensor-ops/engine');
mark('modules');
const found = await resolveModel(DETECTION, { model });
mark('description');
await useEngine();
mark('engine');
const weights = await loadTaskWeights(DETECTION, found.weights, found.model);
mark('weights');
const network = DETECTION.inference.compile(weights, found.model);
mark('compilation');
const decoded = await decodeImage(picture);
mark('picture');
for (const run of ['first run', 'second run']) {
  runSteps(DETECTION.inference.run(network, decoded, found.model, { scoreThreshold: 0.5 }));
  mark(run);
}
console.log(JSON.stringify(stages));
