import { useEngine } from '@icconv/tensor-ops/engine';
import { hashedTensor } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { compileForInference, initResNet } from '../src/index';

const threads = Number(process.argv[2] ?? 2);
await useEngine({ device: 'cpu', threads });
const NET = {
  r50: { depth: 50 },
  'ic-r50': { depth: 50, conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } },
} as const;
const cpu = (f: () => tf.Tensor) => {
  const a = process.cpuUsage();
  const t = performance.now();
  const y = f();
  y.dataSync();
  y.dispose();
  const u = process.cpuUsage(a);
  return [(u.user + u.system) / 1000, performance.now() - t] as const;
};
const med = (x: number[]) => x.sort((a, b) => a - b)[x.length >> 1]!;
for (const name of [process.argv[3] as 'r50']) {
  const w = initResNet(NET[name], { seed: 1 });
  const nets = (['float32', 'bfloat16'] as const).map((precision) => compileForInference(w, NET[name], { precision }));
  for (const [h, v] of [process.argv[4]!.split('x').map(Number) as [number, number]]) {
    const x = hashedTensor<tf.Rank.R4>('image', [1, h, v, 3]);
    const c5 = nets.map((n) => n.forward(x, { returns: ['c5'] }).c5);
    const [a, b] = c5.map((t) => t.dataSync());
    let mx = 0,
      e = 0,
      s2 = 0,
      e2 = 0;
    for (let i = 0; i < a!.length; i++) {
      mx = Math.max(mx, Math.abs(a![i]!));
      const d = Math.abs(a![i]! - b![i]!);
      e = Math.max(e, d);
      s2 += a![i]! ** 2;
      e2 += d * d;
    }
    tf.dispose(c5);
    const turns = h > 600 ? 7 : 25;
    const cp: number[][] = [[], []];
    const wl: number[][] = [[], []];
    for (let k = 0; k < turns; k++)
      for (let i = 0; i < 2; i++) {
        const [c, t] = cpu(() => nets[i]!.forward(x, { returns: ['c5'] }).c5);
        cp[i]!.push(c);
        wl[i]!.push(t);
      }
    const [c0, c1, w0, w1] = [med(cp[0]!), med(cp[1]!), med(wl[0]!), med(wl[1]!)];
    console.log(
      `${name} ${h}x${v} threads ${threads} cpu ms ${c0.toFixed(1)} ${c1.toFixed(1)} ratio ${(c1 / c0).toFixed(3)} wall ${w0.toFixed(1)} ${w1.toFixed(1)} ratio ${(w1 / w0).toFixed(3)} c5 max err ${(e / mx).toExponential(1)} rms ${Math.sqrt(e2 / s2).toExponential(1)}`,
    );
    x.dispose();
  }
}
