/** The C++ files that an engine is built of. */
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** All .cc files (or those of another ending) of a folder and its subfolders, sorted. */
export async function listSources(folder: string, ending = '.cc'): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The .cc files that are part of the product: tests and benchmarks are not. */
export async function sourcesOfBuild(folder: string): Promise<string[]> {
  const files = await listSources(folder);
  return files.filter((file) => !/(_test|_bench|test_main)\.cc$/.test(file) && !isEmulation(file));
}

export async function headersOfBuild(folder: string): Promise<string[]> {
  const headers = await Promise.all(CUDA_HEADERS.map((ending) => listSources(folder, ending)));
  return headers.flat().filter((file) => !file.endsWith('test.h') && !isEmulation(file));
}

/** What the C++ files of CUDA include: headers, and kernels with headers of theirs, which are embedded as text. */
const CUDA_HEADERS = ['.h', '.cuh', '.cu'];

/** Whether a C++ file is about CUDA: it needs headers that a library for the CPU may lack. */
export const isOfCuda = (file: string) =>
  /_(cuda|cuda_test|gpu_op)\.cc$/.test(file) || file.includes(join(sep, 'native', 'cuda', sep));

/** Kernels of the CPU with their tests, which know neither TensorFlow nor Node. */
export const isKernel = (file: string) =>
  !isOfCuda(file) && ['common', 'ops'].some((folder) => file.includes(join(sep, 'native', folder, sep)));

/** Devices and drivers that tests put in the place of real ones. */
const isEmulation = (file: string) => file.includes(join(sep, 'native', 'cuda', 'emulation', sep));
