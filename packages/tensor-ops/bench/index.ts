/**
 * pnpm bench tensor-ops [--json] [--threads N] [FILTER]; pnpm bench cuda [--json], see cuda.bench.ts
 *
 * Times the native operators beside torchvision's on the same inputs, in turns, after checking that the answers agree. Without Python
 * there is no peer: the answers are then compared with the portable kernels. `--json` prints one JSON object a line instead of text.
 */
import { parseArgs } from 'node:util';
import { useEngine } from '../src/engine';
import { benchCuda, cudaLine } from './cuda.bench';
import { benchFusedConv2d } from './fused-conv2d.bench';
import { benchMasks } from './masks.bench';
import { type Result, reportLine } from './measure';
import { benchNms } from './nms.bench';
import { benchRoiAlign } from './roi-align.bench';
import { TorchvisionPeer } from './torchvision-peer';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, threads: { type: 'string', default: '2' } },
  allowPositionals: true,
});
if (positionals[0] === 'cuda') {
  await benchCuda((line) => console.log(values.json ? JSON.stringify({ bench: 'cuda', ...line }) : cudaLine(line)));
  process.exit();
}
const threads = Number(values.threads);
const engine = await useEngine({ device: 'cpu', threads });
const peer = await TorchvisionPeer.start(threads);
const peers = peer && { torchvision: peer.version };
const machine = { tensorflow: engine.version, simd: engine.simd, threads, peers };
if (!values.json) {
  console.log(
    `TensorFlow ${engine.version}, ${engine.simd}, ${threads} threads; peers: ${JSON.stringify(peers ?? 'none')}`,
  );
}

const wanted = (name: string) => positionals.every((part) => name.includes(part));
const report = (result: Result) => {
  const ratio = result.peer === undefined ? undefined : result.peer.medianMs / result.native.medianMs;
  console.log(values.json ? JSON.stringify({ bench: 'tensor-ops', ...result, ratio, ...machine }) : reportLine(result));
};
try {
  await benchFusedConv2d(peer, wanted, report);
  await benchRoiAlign(peer, wanted, report);
  await benchNms(peer, wanted, report);
  await benchMasks(peer, wanted, report);
} finally {
  peer?.stop();
}
