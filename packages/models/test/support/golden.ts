/** Compares results with the fixtures that tooling/reference/make_models.py wrote. */
import { readFileSync } from 'node:fs';
import { loadFixture } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResNetConfig } from '../../src/index';

export interface GoldenModel {
  readonly name: string;
  readonly config: ResNetConfig;
}

export interface GoldenPyramid {
  readonly name: string;
  readonly extra: 'pool' | 'c5' | 'p5';
  readonly sizes: readonly (readonly [number, number])[];
  readonly inChannels: readonly [number, number, number, number];
  readonly channels: number;
}

interface Manifest {
  readonly tolerance: { readonly features: number; readonly statistics: number; readonly gradient: number };
  readonly image: readonly [number, number, number, number];
  readonly samples: number;
  readonly models: readonly GoldenModel[];
  readonly pyramids: readonly GoldenPyramid[];
}

const folder = new URL('../golden/fixtures/', import.meta.url);
export const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as Manifest;
const fixture = loadFixture(new URL('models.safetensors', folder));

/** Error of each result, relative to its largest magnitude: of the stored elements, and of the product with a hashed vector. */
export async function goldenErrors(
  caseName: string,
  results: Readonly<Record<string, Tensor>>,
): Promise<Record<string, number>> {
  const samples = fixture[`${caseName}/samples`]!.data as Float32Array;
  const numbers = fixture[`${caseName}/numbers`]!.data as Float64Array;
  const errors: Record<string, number> = {};
  let at = 0;
  const names = Object.keys(results).sort();
  for (const [row, name] of names.entries()) {
    const { size: length } = results[name]!;
    const step = Math.max(1, Math.floor(length / manifest.samples));
    const count = Math.min(manifest.samples, Math.ceil(length / step));
    const [projection, magnitude] = [numbers[2 * row]!, numbers[2 * row + 1]!];
    const values = (await results[name]!.data()) as Float32Array;
    let worst = Math.abs(project(name, values) - projection) / Math.sqrt(length);
    for (let i = 0; i < count; i++) worst = Math.max(worst, Math.abs(values[i * step]! - samples[at + i]!));
    errors[name] = Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst / magnitude;
    at += count;
  }
  if (at !== samples.length || 2 * names.length !== numbers.length) {
    throw new Error(`${caseName}: the fixture holds other results than ${names.length} named ${names[0]}, ...`);
  }
  return errors;
}

function project(name: string, values: Float32Array): number {
  const vector = hashed(`projection/${name}`, values.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += vector[i]! * values[i]!;
  return sum;
}

/** The largest error among the results whose name begins with `prefix`, with its name. */
export function worst(errors: Readonly<Record<string, number>>, prefix: string): { name: string; error: number } {
  const found = Object.entries(errors).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) throw new Error(`no result begins with ${prefix}`);
  const [name, error] = found.reduce((a, b) => (b[1] > a[1] ? b : a));
  return { name, error };
}
