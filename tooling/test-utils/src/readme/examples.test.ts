import { expect, test } from 'vitest';
import { exampleModule, examplesOf, withPrinted } from './examples';

const README = `# Title

\`\`\`sh
npm install
\`\`\`

\`\`\`ts
import { a, type B } from 'one';

const value: B = a(1);
console.log(value); // 2
\`\`\`

Text.

\`\`\`ts
import { a } from 'one';
import * as two from 'two';

const value = two.b(a);
console.log(value.text());
// first
//   second

console.log('x', 3); // x 3
\`\`\`
`;

test('blocks of TypeScript are examples, by their first line', () => {
  const examples = examplesOf(README);
  expect(examples.map(({ line }) => line)).toEqual([8, 17]);
  expect(examples[0]!.code.split('\n').at(-1)).toBe('console.log(value); // 2');
  expect(() => examplesOf('```ts\nconst a = 1;')).toThrow('the example at line 1 does not end');
});

test('a module has each import once, and lines that lead back', () => {
  const { code, lineInReadme } = exampleModule(examplesOf(README));
  const lines = code.split('\n');
  const imports = ["import { a } from 'one';", "import { type B } from 'one';", "import * as two from 'two';"];
  expect(lines.filter((line) => line.startsWith('import'))).toEqual(imports);
  const readme = README.split('\n');
  for (const line of ['const value: B = a(1);', 'const value = two.b(a);', '//   second']) {
    expect(lineInReadme(lines.indexOf(line) + 1)).toBe(readme.indexOf(line) + 1);
  }
  const without = exampleModule(examplesOf(README), (i) => i === 0).code;
  expect(without).not.toContain('a(1)');
  expect(without).toContain('type B');
  const forEffect = [{ line: 1, code: "import 'effect';" }];
  expect(exampleModule(forEffect).code).toContain("import 'effect';");
  expect(exampleModule(forEffect, () => true).code).not.toContain('import');
});

test('what is printed stands behind the call or below it', () => {
  expect(
    withPrinted(examplesOf(README)[1]!.code)
      .split('\n')
      .filter((line) => line.startsWith('printed')),
  ).toEqual([String.raw`printed("first\n  second", value.text());`, `printed("x 3", 'x', 3);`]);
  expect(withPrinted('  console.log(1); // in a block')).toBe('  console.log(1); // in a block');
  expect(() => withPrinted('console.log(\n  1,\n);')).toThrow('takes one line');
});
