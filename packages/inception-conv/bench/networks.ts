/** The inception layers of IC-ResNet-50 and -101 as they stand in the detector and in the pose network. */
import { readFileSync } from 'node:fs';
import { testData } from '@icconv/test-utils';
import { type Dilation, type DilationPattern, manualPattern, parsePattern } from '../src';

/** One 3 x 3 layer: input map, channels in and out, stride, dilations. */
export interface BenchLayer {
  readonly network: string;
  readonly index: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly stride: number;
  readonly dilations: readonly Dilation[];
}

export interface BenchNetwork {
  readonly name: string;
  /** Whether the published pattern was there, or one made by hand with the same share of undilated channels stands in. */
  readonly pattern: 'published' | 'by hand';
  readonly layers: readonly BenchLayer[];
}

/** Blocks per stage. */
const DEPTHS = { r50: [3, 4, 6, 3], r101: [3, 4, 23, 3] } as const;
// Name, pattern file, blocks, picture size, largest dilation, and the published pattern's share of undilated channels.
const NETWORKS = [
  ['r50-k9', 'detection_ic_resnet50_k9', DEPTHS.r50, [800, 1216], 4, 0.381],
  ['r101-k9', 'detection_ic_resnet101_k9', DEPTHS.r101, [800, 1216], 4, 0.401],
  ['r50-k13', 'human_pose_ic_resnet50_k13', DEPTHS.r50, [640, 640], 6, 0.51],
  ['r101-k13', 'human_pose_ic_resnet101_k13', DEPTHS.r101, [640, 640], 6, 0.454],
] as const;

export function benchNetworks(): BenchNetwork[] {
  return NETWORKS.map(([name, fileName, depths, picture, maxDilation, undilatedShare]) => {
    const sizes = layerSizes(depths, picture);
    const file = testData('pattern-zoo', `${fileName}.json`);
    const channels = sizes.map((size) => size.channels);
    const pattern: DilationPattern =
      file === undefined
        ? manualPattern({ channels, maxDilation, undilatedShare })
        : parsePattern(readFileSync(file, 'utf8'), { file: fileName, channels });
    const layers = sizes.map((size, index) => ({ network: name, index, ...size, ...pattern.layers[index]! }));
    return { name, pattern: file === undefined ? 'by hand' : 'published', layers };
  });
}

/** The 3 x 3 convolutions of a bottleneck ResNet, the first of each stage but the first with stride 2. */
function layerSizes(depths: readonly number[], picture: readonly [number, number]) {
  let [height, width] = [picture[0] / 4, picture[1] / 4];
  return depths.flatMap((blocks, stage) =>
    Array.from({ length: blocks }, (_, block) => {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const size = { height, width, channels: 64 * 2 ** stage, stride };
      height = Math.ceil(height / stride);
      width = Math.ceil(width / stride);
      return size;
    }),
  );
}
