/** Random calls of every operator: shapes, options and values as they come, and the extremes of each. */
import { FuzzRandom } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import * as ops from '../../src';

class Random extends FuzzRandom {
  /** `usual`, or now and then an option that no sensible caller gives. */
  option(usual: number): number {
    return this.chance(0.02) ? this.pick(EXTREME) : usual;
  }
}

const EXTREME = [
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 + 1,
  2 ** 53 - 1,
  2 ** 60,
  0,
  -1,
  -(2 ** 31),
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

/** What the engines must agree on: every number; or, of sums, where there are numbers and where there are none; or only the shape. */
export type Agreement = 'numbers' | 'finiteness' | 'shape';

export interface Call {
  /** For the report. */
  readonly what: string;
  readonly agreement: Agreement;
  /** Largest difference, relative to the largest number of the result. */
  readonly tolerance: number;
  /** Makes its tensors on the current backend. */
  run(): tf.Tensor[];
}

// No denormals: TensorFlow's threads take those as 0.
type Specials = 'none' | 'some';
const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38, -1e38, 3.4e38, 1e-37, -0];

interface Values {
  readonly shape: number[];
  readonly data: Float32Array;
  readonly special: boolean;
}

function values(random: Random, shape: number[], specials: Specials, low = -1, high = 1): Values {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: size }, () => low + (high - low) * random.next());
  const special = specials === 'some' && size > 0 && random.chance(0.25);
  if (special) for (let n = random.int(1, 3); n > 0; n--) data[random.int(0, size - 1)] = random.pick(SPECIAL);
  return { shape, data, special };
}

const tensor = <T extends tf.Tensor>({ shape, data }: Values): T => tf.tensor(data, shape, 'float32') as T;

type Maker = (random: Random) => Call;

/** JSON without its NaN and infinities would not tell what was called. */
const text = (options: unknown) =>
  JSON.stringify(options, (_, value: unknown) => (typeof value === 'number' ? String(value) : value));

function call(
  op: string,
  inputs: readonly Values[],
  options: unknown,
  run: () => tf.Tensor | tf.Tensor[],
  agreement: Agreement = 'numbers',
  tolerance = 1e-5,
): Call {
  const what = `${op} ${inputs.map(({ shape, special }) => `[${shape}]${special ? '*' : ''}`).join(' ')} ${text(options)}`;
  return { what, agreement, tolerance, run: () => [run()].flat() };
}

const map = (random: Random, channels: number, specials: Specials = 'some') =>
  values(random, [random.int(random.chance(0.03) ? 0 : 1, 2), random.int(1, 9), random.int(1, 9), channels], specials);
/** Sums with numbers that are none have no numbers to agree on; those of Winograd's algorithm spread them over a tile. */
const ofSums = (inputs: readonly Values[]): Agreement => (inputs.some(({ special }) => special) ? 'shape' : 'numbers');
const pairOr = (random: Random, make: () => number) => (random.chance(0.5) ? make() : ([make(), make()] as const));

const conv: Maker = (random) => {
  const groups = random.pick([1, 1, 1, 2]);
  const [inside, outside] = [groups * random.int(1, 5), groups * random.int(1, 9)];
  const x = map(random, inside);
  const filter = values(random, [random.int(1, 3), random.int(1, 3), inside / groups, outside], 'none');
  const options = {
    strides: pairOr(random, () => random.option(random.int(1, 3))),
    pad: pairOr(random, () => random.option(random.int(0, 2))),
    dilations: pairOr(random, () => random.option(random.int(1, 3))),
    groups: random.option(groups),
    activation: random.pick(['linear', 'relu'] as const),
  };
  const bias = values(random, [outside], 'none');
  if (random.chance(0.5)) {
    const run = () => ops.conv2d(tensor(x), tensor(filter), { ...options, bias: tensor(bias) });
    return call('conv2d', [x, filter], options, run, ofSums([x]), 1e-4);
  }
  const { activation, ...geometry } = options;
  const pack = { ...geometry, algorithm: random.pick(['auto', 'direct'] as const) };
  const run = () => {
    const packed = ops.packConv2dFilter(tensor(filter), pack);
    return ops.fusedConv2d(tensor(x), packed, { bias: tensor(bias), activation });
  };
  return call('fusedConv2d', [x, filter], { ...pack, activation }, run, ofSums([x]), 1e-4);
};

const transposed: Maker = (random) => {
  const channels = random.int(1, 4);
  const x = map(random, channels);
  const filter = values(random, [random.int(1, 4), random.int(1, 4), random.int(1, 4), channels], 'none');
  const options = { strides: random.option(random.int(1, 3)), pad: random.option(random.int(0, 1)) };
  const run = () => ops.convTranspose2d(tensor(x), tensor(filter), options);
  return call('convTranspose2d', [x, filter], options, run, ofSums([x]), 1e-4);
};

const inception: Maker = (random) => {
  const groups = random.pick([1, 1, 2]);
  const [inside, outside] = [groups * random.int(1, 4), groups * random.int(1, 8)];
  const side = random.pick([1, 3, 3, 5]);
  const x = map(random, inside);
  const filter = values(random, [side, side, inside / groups, outside], 'none');
  const dilation = () => random.option(random.int(1, 4));
  const dilations = Array.from({ length: outside }, () => [dilation(), dilation()] as const);
  const options = { dilations, groups, strides: pairOr(random, () => random.option(random.int(1, 3))) };
  const packed = random.chance(0.4);
  const run = () => {
    if (!packed) return ops.inceptionConv2d(tensor(x), tensor(filter), options);
    const own = ops.packInceptionFilter(tensor(filter), { dilations, groups });
    return ops.inceptionConv2dPacked(tensor(x), own, { strides: options.strides });
  };
  return call(packed ? 'inceptionConv2dPacked' : 'inceptionConv2d', [x, filter], options, run, ofSums([x]), 1e-4);
};

const maxPool: Maker = (random) => {
  const x = map(random, random.int(1, 20));
  const size = random.int(1, 3);
  const options = {
    size: random.option(size),
    strides: pairOr(random, () => random.option(random.int(1, 3))),
    pad: random.option(random.int(0, Math.floor(size / 2))),
  };
  if (random.chance(0.5)) return call('maxPool2d', [x], options, () => ops.maxPool2d(tensor(x), options), 'numbers', 0);
  const run = () => tf.grad((t: tf.Tensor) => ops.maxPool2d(t as tf.Tensor4D, options))(tensor(x));
  return call('gradient of maxPool2d', [x], options, run);
};

const program: Maker = (random) => {
  const x = map(random, 3);
  const filter = values(random, [3, 3, 3, 8], 'none');
  const dilations = Array.from({ length: 8 }, () => [random.int(1, 3), random.int(1, 3)] as const);
  const second = values(random, [3, 3, 8, 8], 'none');
  const pooling = { size: random.option(2), strides: random.option(2), pad: random.option(0) };
  const outputs = [1, 2, 3, 4].filter(() => random.chance(0.6));
  const run = () => {
    const packed = ops.packConv2dFilter(tensor(filter));
    const patterned = ops.packInceptionFilter(tensor(second), { dilations });
    const steps: ops.ConvStep[] = [
      { kind: 'conv', input: 0, filter: packed, activation: 'relu' },
      { kind: 'inceptionConv', input: 1, filter: patterned },
      { kind: 'add', input: 1, other: 2 },
      { kind: 'maxPool', input: 3, ...pooling },
    ];
    const made = ops.convProgram(steps.slice(0, Math.max(...outputs, 1)), { outputs });
    try {
      return made.run(tensor(x));
    } finally {
      made.dispose();
    }
  };
  return call('convProgram', [x], { ...pooling, outputs }, run, ofSums([x]), 1e-4);
};

const dilationErrors: Maker = (random) => {
  const maxDilation = random.int(1, 3);
  const side = 2 * maxDilation + 1;
  const channels = random.int(1, 3);
  const x = map(random, channels);
  const filter = values(random, [side, side, channels, random.int(1, 4)], 'none');
  const options = { maxDilation: random.option(maxDilation), strides: random.option(random.int(1, 2)) };
  const run = () => Object.values(ops.dilationErrors(tensor(x), tensor(filter), options)) as tf.Tensor[];
  return call('dilationErrors', [x, filter], options, run, ofSums([x]), 1e-4);
};

const batchNorm: Maker = (random) => {
  const channels = random.int(1, 20);
  const x = values(random, [random.int(1, 3), random.int(2, 9), channels], 'some');
  const [weight, bias] = [values(random, [channels], 'none'), values(random, [channels], 'none')];
  const relu = random.chance(0.5);
  const run = () => {
    const { y, mean, variance } = ops.batchNorm(tensor(x), tensor(weight), tensor(bias), { relu });
    return [y, mean, variance];
  };
  return call('batchNorm', [x], { relu }, run, ofSums([x]), 1e-4);
};

const relu: Maker = (random) => {
  const x = values(random, [random.int(1, 200)], 'some');
  return call('relu', [x], {}, () => ops.relu(tensor(x)), 'numbers', 0);
};

const roiAlign: Maker = (random) => {
  // Two channels at least: the largest size of one would be a result that can be, of eight gigabytes.
  const features = map(random, random.int(2, 5), 'none');
  const rois = values(random, [random.int(0, 4), 5], 'some', -3, 12);
  for (let r = 0; r < rois.shape[0]!; r++) rois.data[5 * r] = random.int(0, random.chance(0.05) ? 5 : 1);
  const options = {
    outputSize: pairOr(random, () => random.option(random.int(1, 4))),
    samplingRatio: random.option(random.int(0, 3)),
    spatialScale: random.chance(0.03) ? random.pick([1e30, 1e-30, Number.NaN]) : random.pick([1, 0.5]),
    aligned: random.chance(0.5),
  };
  const run = () => ops.roiAlign(tensor(features), tensor(rois), options);
  return call('roiAlign', [features, rois], options, run, 'numbers', 1e-4);
};

const nms: Maker = (random) => {
  const count = random.int(0, 40);
  const boxes = values(random, [count, 4], 'some', 0, 10);
  for (let i = 0; i < count; i++) {
    for (const k of [2, 3]) boxes.data[4 * i + k]! += boxes.data[4 * i + k - 2]!;
  }
  const scores = values(random, [count], 'some', 0, 1);
  const options = { iouThreshold: random.pick([0, 0.3, 0.5, 1]), maxOutputSize: random.option(random.int(1, 50)) };
  const run = () => ops.batchedNms(tensor(boxes), tensor(scores), undefined, options);
  return call('batchedNms', [boxes, scores], options, run, 'numbers', 0);
};

const candidates: Maker = (random) => {
  const [rows, each] = [random.int(0, 20), random.int(1, 4)];
  const deltas = values(random, [rows, random.pick([1, each]), 4], 'some', -2, 2);
  const references = values(random, [rows, 4], 'none', 0, 20);
  const scores = values(random, [rows, each], 'none', 0, 1);
  const options = {
    imageSize: [random.option(random.int(1, 30)), random.option(random.int(1, 30))] as const,
    logScaleLimit: random.pick([1, 4, Number.NaN]),
    minSize: random.pick([0, 1, 5]),
  };
  // A rounding decides whether a box is as large as minSize.
  const run = () => [ops.boxCandidates(tensor(deltas), tensor(references), tensor(scores), options).boxes];
  return call('boxCandidates', [deltas, references, scores], options, run, 'numbers', 1e-5);
};

const grouping: Maker = (random) => {
  const [joints, height, width] = [random.int(1, 4), random.int(1, 20), random.int(1, 20)];
  const heatmaps = values(random, [joints, height, width], 'some', -0.5, 1);
  const tags = values(random, [random.int(1, 2), random.pick([1, joints]), height, width], 'some', 0, 3);
  const options = {
    nmsKernel: random.option(random.pick([1, 3, 5])),
    maxPeople: random.option(random.int(1, 8)),
    detectionThreshold: random.chance(0.05) ? random.pick([Number.NaN, -1, 1e38]) : 0.3,
    tagThreshold: random.chance(0.05) ? random.pick([Number.NaN, -1, 1e300]) : 0.5,
    adjust: random.chance(0.5),
    refine: random.chance(0.5),
  };
  const run = () => {
    const { keypoints, tags: own, scores } = ops.groupKeypoints(tensor(heatmaps), tensor(tags), options);
    return [tf.tensor1d(keypoints), tf.tensor1d(own), tf.tensor1d(scores)];
  };
  return call('groupKeypoints', [heatmaps, tags], options, run, 'numbers', 0);
};

const keypointMaps: Maker = (random) => {
  const keypoints = random.int(1, 3);
  const maps = Array.from({ length: random.int(1, 2) }, () =>
    values(random, [random.int(1, 2), random.int(1, 7), random.int(1, 7), 2 * keypoints], 'some'),
  );
  const options = {
    keypoints: random.option(keypoints),
    size: [random.option(random.int(1, 12)), random.int(1, 12)] as const,
    flipIndex: Array.from({ length: keypoints }, (_, k) => keypoints - 1 - k),
  };
  const run = () =>
    Object.values(
      ops.aggregateKeypointMaps(
        maps.map((m) => tensor(m)),
        options,
      ),
    ) as tf.Tensor[];
  return call('aggregateKeypointMaps', maps, options, run, ofSums(maps));
};

const masks: Maker = (random) => {
  const [count, size] = [random.int(0, 3), random.int(1, 9)];
  const [height, width] = [random.int(1, 30), random.int(1, 30)];
  const boxes = values(random, [count, 4], 'some', -10, 40);
  const convention = random.pick(['torchvision', 'detectron2'] as const);
  return random.pick<() => Call>([
    () => {
      const probabilities = values(random, [count, size, size], 'some', 0, 1);
      const options = {
        height: random.option(height),
        width,
        threshold: random.pick([0.5, 0.3, Number.NaN]),
        convention,
      };
      const run = () =>
        ops
          .pasteMasks(tensor(probabilities), tensor(boxes), options)
          .map((runs) => tf.tensor1d(Float32Array.from(runs)));
      return call('pasteMasks', [probabilities, boxes], options, run, 'numbers', 0);
    },
    () => {
      const outputSize = random.option(size);
      const samplingRatio = random.option(random.int(0, 3));
      const options = { height, width, outputSize, samplingRatio, aligned: random.chance(0.5), binary: false };
      const first = random.int(0, height * width);
      const owners = Array.from({ length: count }, () => 0);
      const run = () => [
        ops.cropMasks([Uint32Array.of(first, height * width - first)], tensor(boxes), owners, options),
      ];
      return call('cropMasks', [boxes], { ...options, first }, run, 'numbers', 1e-6);
    },
  ])();
};

const imageBatch: Maker = (random) => {
  const [height, width] = [random.int(1, 12), random.int(1, 12)];
  const data = Uint8Array.from({ length: 3 * height * width }, () => random.int(0, 255));
  const options = {
    size: [random.option(random.int(1, 15)), random.option(random.int(1, 15))] as const,
    multipleOf: random.option(random.int(1, 4)),
    antialias: random.chance(0.5),
    mean: [random.chance(0.03) ? random.pick([Number.NaN, 1e38]) : 100, 100, 100] as const,
  };
  const run = () => ops.resizeNormalize([{ data, height, width }], options);
  return call('resizeNormalize', [], { height, width, ...options }, run, 'numbers', 1e-4);
};

const updates: Maker = (random) => {
  const lists = ['parameters', 'gradients', 'first', 'second'].map((name) =>
    values(random, [random.int(3, 3), 7], 'some', name === 'second' ? 0 : -1),
  );
  const [parameter, gradient, first, second] = lists as [Values, Values, Values, Values];
  const common = { rates: [0.1], weightDecays: [0.01], gradientScale: random.pick([1, 0.5, Number.NaN]) };
  const of = (v: Values) => [tensor(v)];
  return random.pick<() => Call>([
    () =>
      call('sgdUpdate', [parameter, gradient, first], common, () =>
        Object.values(ops.sgdUpdate(of(parameter), of(gradient), of(first), { ...common, momentum: 0.9 })).flat(),
      ),
    () => {
      const options = { ...common, step: random.option(random.int(1, 1000)), decoupled: random.chance(0.5) };
      const run = () =>
        Object.values(ops.adamUpdate(of(parameter), of(gradient), of(first), of(second), options)).flat();
      return call('adamUpdate', lists, options, run, ofSums(lists), 1e-4);
    },
    () => call('linearCombination', lists, {}, () => ops.linearCombination(0.5, of(parameter), 2, of(gradient))),
    () => call('globalNorm', [parameter], {}, () => ops.globalNorm(of(parameter))),
  ])();
};

const MAKERS: readonly Maker[] = [
  conv,
  conv,
  transposed,
  inception,
  inception,
  maxPool,
  program,
  dilationErrors,
  batchNorm,
  relu,
  roiAlign,
  candidates,
  nms,
  grouping,
  keypointMaps,
  masks,
  imageBatch,
  updates,
];

export const randomCall = (seed: number): Call => {
  const random = new Random(seed);
  return random.pick(MAKERS)(random);
};
