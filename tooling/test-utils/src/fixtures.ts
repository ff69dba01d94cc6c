/**
 * Golden fixtures are safetensors files, written by the scripts in tooling/reference, next to a manifest.json that names script,
 * package versions, seed and tolerance.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FixtureTensor {
  readonly shape: number[];
  readonly dtype: string;
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array;
}

/** Reads a fixture, for instance `loadFixture(new URL('./fixtures/nms.safetensors', import.meta.url))`. */
export function loadFixture(file: URL | string): Record<string, FixtureTensor> {
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors: Record<string, FixtureTensor> = {};
  for (const [name, { dtype, shape, data_offsets: range }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const start = 8 + headerLength + range[0];
    // Copied, because typed arrays need an aligned start.
    const buffer = new Uint8Array(bytes.subarray(start, 8 + headerLength + range[1])).buffer;
    tensors[name] = { shape, dtype, data: view(dtype, buffer, name) };
  }
  return tensors;
}

function view(dtype: string, buffer: ArrayBuffer, name: string): FixtureTensor['data'] {
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer);
    default:
      throw new Error(`fixture tensor ${name} has dtype ${dtype}; write F32, F64, I32, I64, U8 or BOOL`);
  }
}

/** Folder of the optional test data (`ICCONV_TEST_DATA`, else `../shared/data` beside the checkout), or undefined where it is absent. */
export function testData(...path: string[]): string | undefined {
  const root = process.env.ICCONV_TEST_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
  const full = join(root, ...path);
  return existsSync(full) ? full : undefined;
}
