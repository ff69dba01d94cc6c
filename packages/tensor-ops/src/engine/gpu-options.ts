/** What the engine is told of a GPU: by options, or by the environment where somebody else calls `useEngine`. */
import { InvalidArgumentError } from '../errors';
import { isWhole } from '../kernel/check';

/** How much of a GPU's memory TensorFlow takes at its start: almost all, what tensors come to need, or so many MiB and never more. */
export type GpuMemory = 'all' | 'grow' | number;

/** Of what numbers products are made on a GPU; sums, maps and weights are float32 always. */
export type GpuPrecision = (typeof PRECISIONS)[number];

const PRECISIONS = ['float32', 'tf32', 'float16', 'bfloat16'] as const;

export interface GpuOptions {
  readonly gpuMemory?: GpuMemory | undefined;
  readonly gpuPrecision?: GpuPrecision | undefined;
}

/** The variables that stand in for options that are not given. */
const MEMORY_VARIABLE = 'ICCONV_GPU_MEMORY';
const PRECISION_VARIABLE = 'ICCONV_GPU_PRECISION';

/** @throws {@link InvalidArgumentError} */
export function checkGpuOptions({ gpuMemory, gpuPrecision }: GpuOptions): void {
  if (gpuMemory !== undefined) checkMemory('gpuMemory', gpuMemory);
  if (gpuPrecision !== undefined) checkPrecision('gpuPrecision', gpuPrecision);
}

/** @throws {@link InvalidArgumentError} that names the variable. */
export function gpuOptionsOf(environment: Readonly<Record<string, string | undefined>>): GpuOptions {
  const memory = environment[MEMORY_VARIABLE];
  const precision = environment[PRECISION_VARIABLE];
  return {
    gpuMemory: memory ? checkMemory(MEMORY_VARIABLE, /^\d+$/.test(memory) ? Number(memory) : memory) : undefined,
    gpuPrecision: precision ? checkPrecision(PRECISION_VARIABLE, precision) : undefined,
  };
}

function checkMemory(name: string, value: unknown): GpuMemory {
  if (value === 'all' || value === 'grow' || isWhole(value, 1)) return value;
  throw new InvalidArgumentError('useEngine', name, value, '"all", "grow" or a whole number of MiB');
}

function checkPrecision(name: string, value: unknown): GpuPrecision {
  const known = PRECISIONS.find((precision) => precision === value);
  if (known !== undefined) return known;
  throw new InvalidArgumentError('useEngine', name, value, `one of ${PRECISIONS.join(', ')}`);
}
