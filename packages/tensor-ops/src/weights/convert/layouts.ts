/**
 * The one table between PyTorch's tensors and TensorFlow's: by name and rank, how the dimensions are ordered on each side.
 * Letters: O output channels (per group for a transposed convolution), I input channels (per group for a convolution), D, H, W kernel
 * sizes. `order[k]` is the PyTorch dimension that becomes TensorFlow's dimension k.
 */
import type { WeightLayout } from './types';

interface TensorLayout {
  readonly pytorch: string;
  readonly tensorflow: string;
  readonly order: readonly number[] | undefined;
}

/**
 * A transposed convolution needs no row of its own: PyTorch has it as IOHW and TensorFlow as HWOI, which is the same change of order
 * as OIHW to HWIO. Grouped convolutions keep their group as the slow part of the output channels on both sides.
 */
export const TENSOR_LAYOUTS = {
  same: { pytorch: 'any', tensorflow: 'any', order: undefined },
  linear: { pytorch: 'OI', tensorflow: 'IO', order: [1, 0] },
  conv1d: { pytorch: 'OIW', tensorflow: 'WIO', order: [2, 1, 0] },
  conv2d: { pytorch: 'OIHW', tensorflow: 'HWIO', order: [2, 3, 1, 0] },
  conv3d: { pytorch: 'OIDHW', tensorflow: 'DHWIO', order: [2, 3, 4, 1, 0] },
} as const satisfies Record<string, TensorLayout>;

export type TensorLayoutName = keyof typeof TENSOR_LAYOUTS;

/** Says what becomes of the tensors whose name matches and, if given, whose rank fits. The first rule that applies decides. */
export interface LayoutRule {
  readonly match: RegExp;
  readonly rank?: number;
  /** `drop`: a state dict in memory has no use for it. */
  readonly action: TensorLayoutName | 'drop';
}

export const LAYOUT_RULES: readonly LayoutRule[] = [
  // PyTorch counts batches for cumulative averages; TensorFlow-style batch norm has no such counter, and PyTorch restores it by itself.
  { match: /(?:^|\.)num_batches_tracked$/, action: 'drop' },
  // Tables of vectors, looked up by row: not a matrix product.
  { match: /(?:^|[._])(?:embed(?:ding)?s?|pos_embed)(?:\.weight)?$/, action: 'same' },
  { match: /(?:^|\.)weight$/, rank: 2, action: 'linear' },
  { match: /(?:^|\.)weight$/, rank: 3, action: 'conv1d' },
  { match: /(?:^|\.)weight$/, rank: 4, action: 'conv2d' },
  { match: /(?:^|\.)weight$/, rank: 5, action: 'conv3d' },
  { match: /^/, action: 'same' },
];

/** @param rules - looked at before the table's own. */
export function layoutAction(name: string, rank: number, rules: readonly LayoutRule[] = []): LayoutRule['action'] {
  const rule = [...rules, ...LAYOUT_RULES].find(
    (candidate) => candidate.match.test(name) && (candidate.rank ?? rank) === rank,
  );
  return rule?.action ?? 'same';
}

export interface LayoutChange {
  /** `order[k]`: which source dimension becomes target dimension k. */
  readonly order: readonly number[];
  /** The source's dimension of output channels, along which inception branches are joined; 0 where layouts do not matter. */
  readonly outputAxis: number;
}

/** The change of order for one tensor from one layout to another. */
export function layoutChange(
  action: LayoutRule['action'],
  rank: number,
  from: WeightLayout,
  to: WeightLayout,
): LayoutChange {
  const identity = Array.from({ length: rank }, (_, d) => d);
  const forward = action === 'drop' ? undefined : TENSOR_LAYOUTS[action].order;
  const outputAxis = from === 'tensorflow' && forward !== undefined ? rank - 1 : 0;
  if (forward === undefined || from === to) return { order: identity, outputAxis };
  if (to === 'tensorflow') return { order: forward, outputAxis };
  return { order: identity.map((d) => (forward as readonly number[]).indexOf(d)), outputAxis };
}
