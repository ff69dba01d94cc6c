/** The imports of a package's files, those of types alone included: static, dynamic, re-exports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** One import; paths are relative to the repository and use `/`. */
export interface Import {
  readonly from: string;
  /** A file of the repository, or the name of a package as it is written. */
  readonly to: string;
}

/** All imports of the TypeScript files below a folder of the repository. */
export function readImports(folder: string): Import[] {
  return filesBelow(folder).flatMap((from) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, from), 'utf8'));
    return importedFiles.map(({ fileName }) => ({
      from,
      to: fileName.startsWith('.') ? resolve(from, fileName) : fileName,
    }));
  });
}

function filesBelow(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?ts$/.test(file) && !file.includes('node_modules'))
    .map((file) => join(folder, file));
}

function resolve(from: string, name: string): string {
  const path = relative(ROOT, join(ROOT, dirname(from), name));
  const found = [`${path}.ts`, join(path, 'index.ts'), path].find((file) => existsSync(join(ROOT, file)));
  if (found === undefined) throw new Error(`${from} imports ${name}, which is no file`);
  return found;
}

export const isTest = (file: string): boolean => /\.test(-d)?\.ts$/.test(file);
