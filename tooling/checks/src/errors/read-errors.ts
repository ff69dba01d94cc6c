/** The errors of the packages, as their sources state them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { isTest, ROOT } from '../imports/read-imports';

/** A class of the family of `VisionError`. */
export interface ErrorClass {
  readonly name: string;
  /** Repository's path. */
  readonly file: string;
  /** What it states as its static `kind`; undefined where it states none. */
  readonly kind: string | undefined;
}

/** A code and who has it. */
export interface ErrorCode {
  readonly code: string;
  /** The class, or `warning` where Node's warnings have it. */
  readonly owner: string;
  readonly package: string;
}

/** All classes below `VisionError`. */
export function readErrorClasses(): ErrorClass[] {
  const found = sources().flatMap(({ file, tree }) =>
    nodesOf(tree)
      .filter(ts.isClassDeclaration)
      .map((node) => ({ name: node.name?.text ?? '', above: extendedBy(node), file, kind: kindOf(node) })),
  );
  const family = new Set(['VisionError']);
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const { name, above } of found) if (above !== undefined && family.has(above)) family.add(name);
  }
  return found.filter(({ name }) => family.has(name)).map(({ name, file, kind }) => ({ name, file, kind }));
}

/** Every code of an error or warning, once for each class that has it; texts within a longer text are none. */
export function readErrorCodes(): ErrorCode[] {
  const codes = new Map<string, ErrorCode>();
  for (const { file, tree } of sources()) {
    for (const node of nodesOf(tree)) {
      if (!ts.isStringLiteral(node) || !/^ICCONV_[A-Z_]+$/.test(node.text)) continue;
      const owner = ownerOf(node);
      if (owner === undefined) continue;
      const code: ErrorCode = { code: node.text, owner, package: `@icconv/${file.split('/')[1]}` };
      codes.set(Object.values(code).join(), code);
    }
  }
  return [...codes.values()].sort((a, b) => a.code.localeCompare(b.code) || a.owner.localeCompare(b.owner));
}

/** The class that a code stands in, or whose object is made of it. */
function ownerOf(node: ts.Node): string | undefined {
  for (let above: ts.Node | undefined = node.parent; above !== undefined; above = above.parent) {
    if (ts.isNewExpression(above)) return above.expression.getText();
    if (ts.isCallExpression(above) && above.expression.getText() === 'process.emitWarning') return 'warning';
    if (ts.isClassDeclaration(above) && extendedBy(above) !== undefined) return above.name?.text;
  }
  return undefined;
}

function extendedBy(node: ts.ClassDeclaration): string | undefined {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  return clause?.types[0]?.expression.getText();
}

function kindOf(node: ts.ClassDeclaration): string | undefined {
  const kind = node.members.find((member) => ts.isPropertyDeclaration(member) && member.name.getText() === 'kind') as
    | ts.PropertyDeclaration
    | undefined;
  const isStatic = kind?.modifiers?.some(({ kind: modifier }) => modifier === ts.SyntaxKind.StaticKeyword);
  return isStatic && kind?.initializer && ts.isStringLiteral(kind.initializer) ? kind.initializer.text : undefined;
}

function sources(): { readonly file: string; readonly tree: ts.SourceFile }[] {
  // Packages of compiled files have no sources.
  const packages = readdirSync(join(ROOT, 'packages')).filter((name) =>
    existsSync(join(ROOT, 'packages', name, 'src')),
  );
  return packages.flatMap((name) =>
    readdirSync(join(ROOT, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !isTest(file))
      .map((path) => {
        const file = `packages/${name}/src/${path.replaceAll('\\', '/')}`;
        const text = readFileSync(join(ROOT, file), 'utf8');
        return { file, tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) };
      }),
  );
}

function nodesOf(tree: ts.SourceFile): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return nodes;
}
