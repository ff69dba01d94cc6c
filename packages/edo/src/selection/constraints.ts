/** What a pattern must keep to. */
import type { Dilation } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { LayerErrors } from '../objectives/objective';
import type { KernelCost } from './latency';

/** A bound on how much of each layer a dilation gets. */
export interface ShareBound {
  readonly dilation: Dilation;
  /** Share of the layer's units, 0 to 1; rounded up to whole units. @defaultValue `0` */
  readonly min?: number;
  /** Rounded down. @defaultValue `1` */
  readonly max?: number;
}

export interface SelectionConstraints {
  /** Equal dilation on both axes. @defaultValue `false` */
  readonly symmetric?: boolean;
  /** Largest side of a layer's own receptive field in pixels of its input, one number or [height, width]: (k - 1)*d + 1. */
  readonly receptiveField?: number | readonly [height: number, width: number];
  readonly shares?: readonly ShareBound[];
  /** Most different dilations in a layer. */
  readonly maxDistinct?: number;
  /** Time for all searched layers together, by the kernel's measured cost; see `measureKernelCost`. */
  readonly latency?: { readonly budgetMs: number; readonly costs: readonly KernelCost[] };
}

/** Numbers of the dilations that a layer may use. @throws {@link InvalidArgumentError} where none is left */
export function allowedDilations(layer: LayerErrors, constraints: SelectionConstraints): number[] {
  const { symmetric = false, receptiveField = Number.POSITIVE_INFINITY } = constraints;
  const [height, width] = typeof receptiveField === 'number' ? [receptiveField, receptiveField] : receptiveField;
  const fits = (dilation: number, side: number) => (layer.kernelSize - 1) * dilation + 1 <= side;
  const allowed = layer.dilations.flatMap(([dh, dw], i) =>
    (!symmetric || dh === dw) && fits(dh, height) && fits(dw, width) ? [i] : [],
  );
  if (allowed.length === 0) {
    throw new InvalidArgumentError(
      'selectPattern',
      'receptiveField',
      receptiveField,
      `at least the kernel's side ${layer.kernelSize}`,
    );
  }
  return allowed;
}

/** Fewest and most units of each allowed dilation. @throws {@link InvalidArgumentError} for bounds that cannot all hold */
export function shareBounds(
  layer: LayerErrors,
  allowed: readonly number[],
  shares: readonly ShareBound[],
): { readonly least: number[]; readonly most: number[] } {
  const least = allowed.map(() => 0);
  const most = allowed.map(() => layer.units);
  for (const { dilation, min = 0, max = 1 } of shares) {
    if (!(min >= 0 && min <= max && max <= 1)) {
      throw new InvalidArgumentError(
        'selectPattern',
        'shares',
        `min ${min}, max ${max}`,
        'shares with 0 <= min <= max <= 1',
      );
    }
    const place = allowed.findIndex(
      (i) => layer.dilations[i]![0] === dilation[0] && layer.dilations[i]![1] === dilation[1],
    );
    if (place < 0) {
      if (min > 0)
        throw new InvalidArgumentError(
          'selectPattern',
          'shares',
          dilation.join('x'),
          `a dilation that ${layer.name} may use`,
        );
      continue;
    }
    // Products like 0.3*10 must not round away from the whole number they mean.
    least[place] = Math.ceil(min * layer.units - 1e-9);
    most[place] = Math.floor(max * layer.units + 1e-9);
  }
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  if (sum(least) > layer.units || sum(most) < layer.units) {
    const expected = `bounds that the ${layer.units} units of ${layer.name} can meet`;
    throw new InvalidArgumentError('selectPattern', 'shares', `${sum(least)} to ${sum(most)} units`, expected);
  }
  return { least, most };
}
