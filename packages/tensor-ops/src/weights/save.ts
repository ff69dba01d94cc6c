/** Writes tensors to the format that a file's name asks for. */
import { extname } from 'node:path';
import { InvalidArgumentError } from '../errors';
import { LAYOUT_KEY, type WeightLayout } from './convert/types';
import type { PlainValue } from './pickle/writer';
import { writePytorch } from './pytorch/write';
import { writeSafetensors } from './safetensors/write';
import type { WritableTensor } from './writable';

export interface SaveOptions {
  /** Default: by the file's ending; `.safetensors`, or `.pth`, `.pt`, `.tar`, `.bin`, `.ckpt` for a PyTorch checkpoint. */
  readonly format?: 'safetensors' | 'pytorch';
  /** PyTorch: key that holds the state dict. Default: none, or `state_dict` when there is metadata. */
  readonly container?: string;
  /** Values beside the tensors. safetensors keeps texts as they are and everything else as JSON. */
  readonly metadata?: Readonly<Record<string, PlainValue>>;
  /** safetensors: splits the tensors into files of this many bytes with an index. */
  readonly maxShardBytes?: number;
}

const PYTORCH_ENDINGS = ['.pth', '.pt', '.tar', '.bin', '.ckpt'];

/** @returns the path written: the index for a sharded file. */
export async function saveTensors(
  path: string,
  tensors: readonly WritableTensor[],
  layout: WeightLayout,
  options: SaveOptions = {},
): Promise<string> {
  const { metadata = {}, maxShardBytes } = options;
  const format = options.format ?? formatOf(path);
  if (format === 'safetensors') {
    if (options.container !== undefined) {
      throw new InvalidArgumentError(
        'saveWeights',
        'container',
        options.container,
        'left out: safetensors files are flat',
      );
    }
    const texts = Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : toJson(value),
    ]);
    if (layout === 'tensorflow') texts.push([LAYOUT_KEY, layout]);
    return writeSafetensors(path, tensors, {
      metadata: Object.fromEntries(texts) as Record<string, string>,
      ...(maxShardBytes === undefined ? {} : { maxShardBytes }),
    });
  }
  if (layout !== 'pytorch') {
    throw new InvalidArgumentError('saveWeights', 'layout', layout, "'pytorch' for a PyTorch checkpoint");
  }
  if (maxShardBytes !== undefined) {
    throw new InvalidArgumentError(
      'saveWeights',
      'maxShardBytes',
      maxShardBytes,
      'left out: PyTorch checkpoints are one file',
    );
  }
  const container = options.container ?? (Object.keys(metadata).length > 0 ? 'state_dict' : undefined);
  return writePytorch(path, tensors, container === undefined ? {} : { container, metadata });
}

function formatOf(path: string): 'safetensors' | 'pytorch' {
  const ending = extname(path).toLowerCase();
  if (ending === '.safetensors') return 'safetensors';
  if (PYTORCH_ENDINGS.includes(ending)) return 'pytorch';
  throw new InvalidArgumentError(
    'saveWeights',
    'path',
    path,
    `one that ends in .safetensors or ${PYTORCH_ENDINGS.join(', ')}`,
  );
}

function toJson(value: PlainValue): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}
