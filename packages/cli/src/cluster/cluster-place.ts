/** Which worker of which cluster a command is: by a file, by TensorFlow's own variable, or none. */
import { ConfigError } from '@icconv/base/config';
import { readText } from '@icconv/base/files';
import type { ClusterOptions } from '@icconv/tensor-ops/collectives';
import { z } from 'zod';

export interface ClusterFlags {
  readonly cluster?: string;
  readonly clusterIndex?: number;
}

/** As in TensorFlow's `TF_CONFIG`, workers alone. */
const clusterSchema = z.strictObject({
  cluster: z.strictObject({ worker: z.array(z.string()).min(1) }),
  task: z.strictObject({ type: z.literal('worker').optional(), index: z.coerce.number().int().min(0) }).optional(),
});

/** @throws ConfigError with the place that cannot be used. */
export async function clusterPlace(
  { cluster, clusterIndex }: ClusterFlags,
  { TF_CONFIG }: NodeJS.ProcessEnv = process.env,
): Promise<Pick<ClusterOptions, 'workers' | 'index'> | undefined> {
  if (cluster === undefined && !TF_CONFIG) {
    if (clusterIndex !== undefined)
      throw new ConfigError('--cluster-index says nothing without --cluster or TF_CONFIG');
    return undefined;
  }
  const name = cluster ?? 'TF_CONFIG';
  const { cluster: described, task } = read(name, cluster === undefined ? TF_CONFIG! : await readText(cluster));
  const index = clusterIndex ?? task?.index;
  if (index === undefined) throw new ConfigError(`${name}: has no task.index, and there is no --cluster-index`);
  return { workers: described.worker, index };
}

function read(name: string, text: string): z.output<typeof clusterSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${name}: is no JSON: ${(cause as Error).message}`, { cause });
  }
  const result = clusterSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError(`${name}: ${issue!.path.join('.') || 'value'}: ${issue!.message}`);
}
