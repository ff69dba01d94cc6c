/** From a config to the plan of its network; every fault of a config is found here. */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { type BlockKind, DEPTHS, type ResNetConfig, type StageBlocks } from '../config/resnet-config';
import { chooseConvs } from './choose-convs';
import { type BlockSpec, type ConvSpec, changeConvs, type ResNetPlan, type StageSpec } from './plan';

const plans = new WeakMap<ResNetConfig, ResNetPlan>();

/** The plan of a config; asked again for the same object it is not made anew. @throws {@link InvalidArgumentError} */
export function resolveResNet(config: ResNetConfig): ResNetPlan {
  if (typeof config !== 'object' || config === null) throw wrong('config', config, 'a ResNetConfig');
  const known = plans.get(config);
  if (known !== undefined) return known;
  const plan = withEpsilon(chooseConvs(plainPlan(config), config.conv ?? { kind: 'plain' }), config.batchNormEpsilon);
  plans.set(config, plan);
  return plan;
}

const wrong = (parameter: string, value: unknown, expected: string) =>
  new InvalidArgumentError('ResNetConfig', parameter, value, expected);

/** Channels, groups, classes: above any network in use, and so few that products of them are exact. */
const MAX_COUNT = 2 ** 16;
/** Of a stage: above any network in use; many more would fill the memory by their list alone. */
const MAX_BLOCKS = 2 ** 10;

function checkCount(parameter: string, value: number, most = MAX_COUNT): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw wrong(parameter, value, `a whole number from 1 to ${most}`);
}

function withEpsilon(plan: ResNetPlan, epsilon: number | undefined): ResNetPlan {
  if (epsilon === undefined) return plan;
  if (!(epsilon >= 0 && epsilon < 1)) throw wrong('batchNormEpsilon', epsilon, 'a number from 0 to 1');
  return changeConvs(plan, (spec) => ({ ...spec, epsilon }));
}

function blocksOf(config: ResNetConfig): { readonly block: BlockKind; readonly blocks: StageBlocks } {
  const { depth, block, blocks } = config;
  if (depth !== undefined) {
    const standard = Object.hasOwn(DEPTHS, depth) ? DEPTHS[depth] : undefined;
    if (standard === undefined) throw wrong('depth', depth, `one of ${Object.keys(DEPTHS).join(', ')}`);
    if (block !== undefined || blocks !== undefined) {
      throw wrong('depth', depth, 'left out where block and blocks are given');
    }
    return standard;
  }
  if (block !== 'basic' && block !== 'bottleneck') throw wrong('block', block, '"basic" or "bottleneck", or a depth');
  if (!Array.isArray(blocks) || blocks.length !== 4) throw wrong('blocks', blocks, 'the block counts of four stages');
  blocks.forEach((count, stage) => void checkCount(`blocks[${stage}]`, count, MAX_BLOCKS));
  return { block, blocks: blocks as StageBlocks };
}

function plainPlan(config: ResNetConfig): ResNetPlan {
  const { block, blocks } = blocksOf(config);
  const groups = checkCount('groups', config.groups ?? 1);
  const groupWidth = checkCount('groupWidth', config.groupWidth ?? 64);
  const placement = config.stridePlacement ?? 'pytorch';
  if (placement !== 'pytorch' && placement !== 'caffe') {
    throw wrong('stridePlacement', placement, '"pytorch" or "caffe"');
  }
  if (block === 'basic' && (groups !== 1 || groupWidth !== 64)) {
    throw wrong('groups', groups, '1 with a groupWidth of 64 in a network of basic blocks');
  }
  const inputChannels = checkCount('inputChannels', config.inputChannels ?? 3);
  const width = checkCount('width', config.width ?? 64);
  const stem = conv('conv1', 'bn1', 7, 2, inputChannels, width);
  let channels = width;
  const stages = blocks.map((count, index): StageSpec => {
    const name = `layer${index + 1}`;
    const planes = width * 2 ** index;
    const firstStride = index === 0 ? 1 : 2;
    const list = Array.from({ length: count }, (_, b): BlockSpec => {
      const stride = b === 0 ? firstStride : 1;
      const inner = `${name}.${b}`;
      const spec =
        block === 'basic'
          ? basicBlock(inner, channels, planes, stride)
          : bottleneck(inner, channels, planes, stride, groups, groupWidth, placement);
      channels = spec.convs.at(-1)!.outChannels;
      return spec;
    });
    return { name, blocks: list, channels, stride: 4 * 2 ** index };
  });
  const { classes } = config;
  return {
    stem,
    stages: stages as unknown as ResNetPlan['stages'],
    ...(classes === undefined
      ? {}
      : { head: { name: 'fc', inChannels: channels, classes: checkCount('classes', classes) } }),
  };
}

function conv(
  name: string,
  norm: string,
  size: number,
  stride: number,
  inChannels: number,
  outChannels: number,
  groups = 1,
): ConvSpec {
  return { name, norm, kind: 'plain', size, plainSize: size, stride, groups, inChannels, outChannels };
}

function withShortcut(name: string, convs: readonly ConvSpec[], inChannels: number, stride: number): BlockSpec {
  const { outChannels } = convs.at(-1)!;
  if (stride === 1 && inChannels === outChannels) return { name, convs };
  const downsample = conv(`${name}.downsample.0`, `${name}.downsample.1`, 1, stride, inChannels, outChannels);
  return { name, convs, downsample };
}

function basicBlock(name: string, inChannels: number, planes: number, stride: number): BlockSpec {
  const convs = [
    conv(`${name}.conv1`, `${name}.bn1`, 3, stride, inChannels, planes),
    conv(`${name}.conv2`, `${name}.bn2`, 3, 1, planes, planes),
  ];
  return withShortcut(name, convs, inChannels, stride);
}

function bottleneck(
  name: string,
  inChannels: number,
  planes: number,
  stride: number,
  groups: number,
  groupWidth: number,
  placement: 'pytorch' | 'caffe',
): BlockSpec {
  // torchvision rounds the width down before it multiplies by the groups.
  const width = Math.floor((planes * groupWidth) / 64) * groups;
  const [first, second] = placement === 'caffe' ? [stride, 1] : [1, stride];
  const convs = [
    conv(`${name}.conv1`, `${name}.bn1`, 1, first, inChannels, width),
    conv(`${name}.conv2`, `${name}.bn2`, 3, second, width, width, groups),
    conv(`${name}.conv3`, `${name}.bn3`, 1, 1, width, 4 * planes),
  ];
  return withShortcut(name, convs, inChannels, stride);
}
