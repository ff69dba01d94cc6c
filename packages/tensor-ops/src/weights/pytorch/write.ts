/**
 * Writes checkpoints that `torch.load(..., weights_only=True)` accepts: the zip format, an OrderedDict of plain tensors.
 * Source: torch/serialization.py (`_save`).
 */

import { writeAtomically } from '@icconv/base/files';
import { InvalidArgumentError } from '../../errors';
import { DTYPES } from '../dtypes';
import { PickleWriter, type PlainValue } from '../pickle/writer';
import { elementCount, rowMajor } from '../strided';
import { checkNames, readWritable, type WritableTensor } from '../writable';
import { ZipWriter } from './zip-writer';

export interface PytorchWriteOptions {
  /** Key that holds the state dict, such as `state_dict`. Default: the state dict is the whole file. */
  readonly container?: string;
  /** Values beside the container, such as an epoch; needs a container. */
  readonly metadata?: Readonly<Record<string, PlainValue>>;
}

// The folder inside the archive; PyTorch takes any name.
const FOLDER = 'archive';
// What torch.save writes at present; readers accept all up to their own.
const FILE_FORMAT_VERSION = '3\n';

export async function writePytorch(
  path: string,
  tensors: readonly WritableTensor[],
  options: PytorchWriteOptions = {},
): Promise<string> {
  checkNames(tensors);
  const { container, metadata = {} } = options;
  if (container === undefined && Object.keys(metadata).length > 0) {
    throw new InvalidArgumentError(
      'writePytorch',
      'container',
      container,
      'given when there is metadata, which lies beside it',
    );
  }
  const pickle = container === undefined ? pickleState(tensors) : pickleNested(tensors, container, metadata);
  await writeAtomically(path, async (file) => {
    const zip = new ZipWriter(file);
    await zip.add(`${FOLDER}/data.pkl`, pickle);
    await zip.add(`${FOLDER}/byteorder`, Buffer.from('little'));
    for (const [key, tensor] of tensors.entries()) await zip.add(`${FOLDER}/data/${key}`, await readWritable(tensor));
    await zip.add(`${FOLDER}/version`, Buffer.from(FILE_FORMAT_VERSION));
    await zip.finish();
  });
  return path;
}

function pickleState(tensors: readonly WritableTensor[]): Uint8Array {
  const pickle = new PickleWriter();
  putState(pickle, tensors);
  return pickle.finish();
}

function pickleNested(
  tensors: readonly WritableTensor[],
  container: string,
  metadata: Readonly<Record<string, PlainValue>>,
): Uint8Array {
  const pickle = new PickleWriter();
  pickle
    .dictionary()
    .items([
      ...Object.entries(metadata).map(([key, value]) => [key, () => pickle.plain(value)] as const),
      [container, () => putState(pickle, tensors)],
    ]);
  return pickle.finish();
}

function putState(pickle: PickleWriter, tensors: readonly WritableTensor[]): void {
  pickle.call('collections', 'OrderedDict');
  pickle.items(tensors.map((tensor, key) => [tensor.name, () => putTensor(pickle, tensor, String(key))] as const));
}

/** `torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`. */
function putTensor(pickle: PickleWriter, { name, shape, dtype }: WritableTensor, key: string): void {
  const { storage } = DTYPES[dtype];
  if (storage === undefined) {
    throw new InvalidArgumentError('writePytorch', `dtype of ${name}`, dtype, 'one that has a PyTorch storage class');
  }
  const numbers = (values: readonly number[]) => () =>
    pickle.tuple(...values.map((value) => () => pickle.number(value)));
  pickle.call(
    'torch._utils',
    '_rebuild_tensor_v2',
    () =>
      pickle
        .tuple(
          () => pickle.text('storage'),
          () => pickle.global('torch', storage),
          () => pickle.text(key),
          () => pickle.text('cpu'),
          () => pickle.number(elementCount(shape)),
        )
        .persistent(),
    () => pickle.number(0),
    numbers(shape),
    numbers(rowMajor(shape)),
    () => pickle.plain(false),
    () => pickle.call('collections', 'OrderedDict'),
  );
}
