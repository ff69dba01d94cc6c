/**
 * pnpm bench inception-conv [--json] [--threads N] [--rounds N] [--only forward,gradient,memory] [NETWORK...]
 *
 * Times every inception layer of IC-ResNet-50 and -101 (detection at 800 x 1216, pose at 640 x 640) beside TensorFlow's plain 3 x 3
 * convolution of equal FLOPs and beside one convolution per dilation, after checking the answers, contenders in turns. `--json` prints
 * one JSON object a line, layers first, then geometric means. NETWORK: r50-k9, r101-k9, r50-k13, r101-k13.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { useEngine } from '@icconv/tensor-ops/engine';
import { benchForward, type ForwardResult } from './forward';
import { benchGradient, type GradientResult } from './gradient';
import { benchMemory } from './memory';
import { type BenchLayer, benchNetworks } from './networks';
import { geometricMean } from './timing';

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '9' },
    only: { type: 'string', default: 'forward,gradient,memory' },
  },
  allowPositionals: true,
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const parts = values.only.split(',');
const engine = await useEngine({ device: 'cpu', threads });
const machine = { tensorflow: engine.version, simd: engine.simd, threads };
const say = (text: string) => values.json || console.log(text);
const emit = (line: object) =>
  values.json && console.log(JSON.stringify({ bench: 'inception-conv', ...line, ...machine }));
const round = (value: number, digits = 3) => Number(value.toFixed(digits));

say(`TensorFlow ${engine.version}, ${engine.simd}, ${threads} threads, medians of ${rounds} turns`);
for (const network of benchNetworks()) {
  if (positionals.length > 0 && !positionals.includes(network.name)) continue;
  say(`\n${network.name}, pattern ${network.pattern}`);
  const forward: ForwardResult[] = [];
  const gradient: GradientResult[] = [];
  for (const layer of network.layers) {
    const line = { network: network.name, pattern: network.pattern, layer: layer.index, ...shape(layer) };
    if (parts.includes('forward')) {
      const result = await benchForward(layer, rounds);
      forward.push(result);
      emit({ kind: 'forward', ...line, ...result, ratio: ratio(result), gflops: gflops(layer, result.ours.medianMs) });
      say(forwardLine(layer, result));
    }
    if (parts.includes('gradient')) {
      const result = await benchGradient(layer, Math.ceil(rounds / 2));
      gradient.push(result);
      emit({
        kind: 'gradient',
        ...line,
        ...result,
        ratio: ratio(result),
        gflops: 2 * gflops(layer, result.ours.medianMs),
      });
      say(gradientLine(layer, result));
    }
    // Layers of one size take the same memory.
    const first = network.layers.findIndex((other) => JSON.stringify(shape(other)) === JSON.stringify(shape(layer)));
    if (parts.includes('memory') && first === layer.index) {
      const result = benchMemory(layer);
      const share =
        result.extraBytes === undefined ? undefined : result.extraBytes / (result.inputBytes + result.outputBytes);
      emit({ kind: 'memory', ...line, ...result, share });
      if (share !== undefined)
        say(`${label(layer)}  memory beyond input and output: ${share.toFixed(2)} of their size`);
    }
  }
  summary(network.name, forward, gradient);
}

function summary(network: string, forward: readonly ForwardResult[], gradient: readonly GradientResult[]): void {
  if (forward.length > 0) {
    const means = {
      ratio: geometricMean(forward.map(ratio)),
      worst: Math.max(...forward.map(ratio)),
      ratioOfMinima: geometricMean(forward.map(ratioOfMinima)),
      ratioOfCpu: geometricMean(forward.map(ratioOfCpu)),
      unpackedRatio: geometricMean(forward.map((r) => r.unpacked.medianMs / r.plain.medianMs)),
      perPatternRatio: geometricMean(forward.map((r) => r.perPattern.medianMs / r.plain.medianMs)),
    };
    emit({ kind: 'forward-mean', network, layers: forward.length, ...means });
    say(
      `geometric mean over ${forward.length} layers: ours ${round(means.ratio)} of plain (worst ${round(means.worst)}; fastest turns ${round(means.ratioOfMinima)}, ` +
        `processor time ${round(means.ratioOfCpu)}), ` +
        `with packing in each call ${round(means.unpackedRatio)}, one convolution per dilation ${round(means.perPatternRatio)}`,
    );
  }
  if (gradient.length > 0) {
    const mean = geometricMean(gradient.map(ratio));
    const worst = Math.max(...gradient.map(ratio));
    const minima = geometricMean(gradient.map(ratioOfMinima));
    const cpu = geometricMean(gradient.map(ratioOfCpu));
    const means = { ratio: mean, worst, ratioOfMinima: minima, ratioOfCpu: cpu };
    emit({ kind: 'gradient-mean', network, layers: gradient.length, ...means });
    say(
      `geometric mean over ${gradient.length} layers: gradients ${round(mean)} of plain ` +
        `(worst ${round(worst)}; fastest turns ${round(minima)}, processor time ${round(cpu)})`,
    );
  }
}

function shape({ height, width, channels, stride }: BenchLayer) {
  return { height, width, channels, stride };
}

function ratio({ ours, plain }: ForwardResult | GradientResult): number {
  return ours.medianMs / plain.medianMs;
}

/** Of the fastest turns: what is left of the ratio on a machine that others use. */
function ratioOfMinima({ ours, plain }: ForwardResult | GradientResult): number {
  return ours.minMs / plain.minMs;
}

/** Of processor time. */
function ratioOfCpu({ ours, plain }: ForwardResult | GradientResult): number {
  return ours.cpuMs / plain.cpuMs;
}

function gflops({ height, width, channels, stride }: BenchLayer, ms: number): number {
  const outputs = Math.ceil(height / stride) * Math.ceil(width / stride);
  return (2 * 9 * channels * channels * outputs) / ms / 1e6;
}

function label({ index, height, width, channels, stride }: BenchLayer): string {
  return `${String(index).padStart(2)}  ${`${height}x${width}x${channels}`.padEnd(11)} s${stride}`;
}

function forwardLine(layer: BenchLayer, result: ForwardResult): string {
  const ms = (time: { medianMs: number }) => time.medianMs.toFixed(2).padStart(7);
  const { ours, plain, unpacked, perPattern } = result;
  const speed = `${gflops(layer, ours.medianMs).toFixed(0)} / ${gflops(layer, plain.medianMs).toFixed(0)} GFLOP/s`;
  const times = `ours ${ms(ours)} ms, plain ${ms(plain)}, ratio ${ratio(result).toFixed(2)}`;
  return `${label(layer)}  ${times}, unpacked ${ms(unpacked)}, per dilation ${ms(perPattern)}  ${speed}`;
}

function gradientLine(layer: BenchLayer, result: GradientResult): string {
  const ms = (time: { medianMs: number }) => time.medianMs.toFixed(2).padStart(7);
  return `${label(layer)}  gradients: ours ${ms(result.ours)} ms, plain ${ms(result.plain)}, ratio ${ratio(result).toFixed(2)}`;
}
