/** What our packages export under which name, by the compiler's view of their entries. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../imports/read-imports';

/** A name that several entries export, and what it means there. */
export interface Collision {
  readonly name: string;
  /** Entry and place of the declaration, `@icconv/coco packages/coco/src/x.ts`. */
  readonly meanings: readonly string[];
}

/** Entry by its address, `@icconv/coco/node`, and the file of its source. */
function entries(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of readdirSync(join(ROOT, 'packages'))) {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8'));
    for (const [path, target] of Object.entries<{ readonly 'icconv-source'?: string } | string>(manifest.exports)) {
      if (typeof target === 'string' || target['icconv-source'] === undefined) continue;
      found.set(join(manifest.name, path), join(ROOT, 'packages', folder, target['icconv-source']));
    }
  }
  return found;
}

/** Names with more than one meaning: declared in more than one place, re-exports of the same object not counted. */
export function collisions(entryFiles: ReadonlyMap<string, string> = entries()): Collision[] {
  const program = ts.createProgram([...entryFiles.values()], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['icconv-source'],
    skipLibCheck: true,
    noEmit: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const meanings = new Map<string, Map<string, string>>();
  for (const [entry, file] of entryFiles) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    for (const symbol of checker.getExportsOfModule(module)) {
      const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const { fileName } = own.declarations![0]!.getSourceFile();
      const places = meanings.get(symbol.name) ?? new Map<string, string>();
      const place = `${relative(ROOT, fileName)} ${own.name}`;
      if (!places.has(place)) places.set(place, `${entry} ${relative(ROOT, fileName)}`);
      meanings.set(symbol.name, places);
    }
  }
  return [...meanings]
    .filter(([, places]) => places.size > 1)
    .map(([name, places]) => ({ name, meanings: [...places.values()] }));
}
