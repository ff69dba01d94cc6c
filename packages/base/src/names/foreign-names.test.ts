/**
 * Names that come from annotation files and archives become paths through `resolveInside` only: no package joins them by itself. This
 * reads the sources of all packages for calls of node:path, and templates, that are given such a name.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const FOREIGN = /^(?:file_?name|filename)$/i;
const PATH_CALLS = ['join', 'resolve', 'normalize'];

/** `4: join(folder, image.file_name)` */
function foreignJoins(source: string): string[] {
  const file = ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node, foreign: ReadonlySet<string>): void => {
    const known = ts.isFunctionLike(node) ? new Set([...foreign, ...boundNames(node)]) : foreign;
    if (joins(node) && partsOf(node).some((part) => isForeign(part, known))) {
      found.push(`${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText()}`);
    }
    ts.forEachChild(node, (child) => visit(child, known));
  };
  visit(file, new Set(boundNames(file)));
  return found;
}

function joins(node: ts.Node): node is ts.CallExpression | ts.TemplateExpression {
  if (ts.isTemplateExpression(node)) {
    // A path, not a message: a separator before the value and no space anywhere.
    const texts = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
    return texts.some((text) => text.endsWith('/')) && texts.every((text) => !/\s/.test(text));
  }
  if (!ts.isCallExpression(node)) return false;
  const called = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression.getText() : '';
  const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
  return PATH_CALLS.includes(name) && (called === '' || called === 'path' || called === 'posix');
}

const partsOf = (node: ts.CallExpression | ts.TemplateExpression): readonly ts.Expression[] =>
  ts.isCallExpression(node) ? node.arguments : node.templateSpans.map((span) => span.expression);

/** The value itself, or one made of it, but not what a function of ours gives for it. */
function isForeign(node: ts.Node, known: ReadonlySet<string>): boolean {
  if (ts.isIdentifier(node)) return FOREIGN.test(node.text) || known.has(node.text);
  if (ts.isPropertyAccessExpression(node)) return FOREIGN.test(node.name.text);
  if (ts.isCallExpression(node)) {
    return PATH_CALLS.includes(node.expression.getText()) && node.arguments.some((part) => isForeign(part, known));
  }
  let foreign = false;
  ts.forEachChild(node, (child) => {
    foreign ||= isForeign(child, known);
  });
  return foreign;
}

/** Other names that a function gives to foreign ones: `{ file_name: name }`, `const name = image.file_name`. */
function boundNames(scope: ts.Node): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node !== scope && ts.isFunctionLike(node)) return;
    if (ts.isBindingElement(node) && node.propertyName !== undefined && FOREIGN.test(node.propertyName.getText())) {
      names.push(node.name.getText());
    }
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined && isForeign(node.initializer, new Set())) {
      names.push(node.name.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(scope);
  return names;
}

test('joins of foreign names are found, also under other names', () => {
  const source = `
import { join } from 'node:path';
const a = (image: Image) => join(folder, image.file_name);
const b = ({ id, file_name: name }: Image) => ({ id, path: join(folder, name) });
function c(entry: Entry) {
  const name = entry.fileName ?? 'x';
  return path.resolve(folder, normalize(name));
}
const d = ({ fileName }: Image) => \`\${folder}/\${fileName}\`;
const fine = ({ fileName, names }: Image) => {
  resolveInside(folder, fileName);
  join(folder, taken.claim(fileName));
  names.join(', ');
  return \`\${fileName} lies in a/\${id} \`;
};
const other = (name: string) => join(folder, name);
`;
  expect(foreignJoins(source)).toEqual([
    '3: join(folder, image.file_name)',
    '4: join(folder, name)',
    '7: path.resolve(folder, normalize(name))',
    '7: normalize(name)',
    expect.stringMatching(/^9: `.*fileName/),
  ]);
});

test('no package joins foreign names to paths by itself', () => {
  const packages = fileURLToPath(new URL('../../../', import.meta.url));
  const sources = readdirSync(packages).flatMap((name) => {
    const folder = join(packages, name, 'src');
    // Packages of built files have none.
    if (!existsSync(folder)) return [];
    const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return entries.filter((file) => /\.ts$/.test(file) && !/\.test\.ts$/.test(file)).map((file) => join(folder, file));
  });
  expect(sources.length).toBeGreaterThan(200);
  const found = sources.flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    const places = /file_?name/i.test(source) ? foreignJoins(source) : [];
    return places.map((place) => `${relative(packages, file)}:${place}`);
  });
  expect(found).toEqual([]);
});
