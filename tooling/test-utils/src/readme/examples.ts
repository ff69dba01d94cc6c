/**
 * The examples of a README: its blocks of TypeScript. Each goes on from those before it, whose names it may use or declare anew.
 *
 * What `console.log(...)` at the beginning of a line prints stands behind it in a comment, or below it in lines of comments.
 */
import ts from 'typescript';

export interface Example {
  /** Line of its first line in the README, from 1. */
  readonly line: number;
  readonly code: string;
}

/** All examples as one module: a function in which each stands in the scope of the one before. */
export interface ExampleModule {
  readonly code: string;
  /** Line of the README, from 1, of a line of `code`, from 1. */
  readonly lineInReadme: (line: number) => number;
}

const FENCE = '```';

export function examplesOf(markdown: string): Example[] {
  const lines = markdown.split('\n');
  const examples: Example[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] !== `${FENCE}ts`) continue;
    const end = lines.indexOf(FENCE, i);
    if (end < 0) throw new Error(`the example at line ${i + 1} does not end`);
    examples.push({ line: i + 2, code: lines.slice(i + 1, end).join('\n') });
    i = end;
  }
  return examples;
}

/** @param leftOut - whether the code of an example is left out; names that it imports stay for those behind it */
export function exampleModule(examples: readonly Example[], leftOut = (_example: number) => false): ExampleModule {
  const split = examples.map(({ code }) => splitImports(code));
  const kept = split.flatMap(({ imports }, i) => (leftOut(i) ? imports.filter((text) => !isForEffect(text)) : imports));
  const imports = [...new Set(kept)];
  const lines = [...imports, 'export async function examples(at: (example: number) => void): Promise<void> {'];
  const starts: { readonly module: number; readonly readme: number }[] = [];
  examples.forEach(({ line }, i) => {
    lines.push(`{ at(${i});`);
    starts.push({ module: lines.length + 1, readme: line });
    if (!leftOut(i)) lines.push(...split[i]!.body.split('\n'));
  });
  lines.push('}'.repeat(examples.length + 1));
  const lineInReadme = (line: number) => {
    const start = starts.findLast(({ module }) => module <= line) ?? { module: line, readme: 1 };
    return start.readme + line - start.module;
  };
  return { code: lines.join('\n'), lineInReadme };
}

const isForEffect = (statement: string) => /^import\s*['"]/.test(statement);

/** Imports one name each, so that examples may repeat them; in the body their lines are empty. */
function splitImports(code: string): { imports: string[]; body: string } {
  const file = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const imports: string[] = [];
  let body = code;
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const text = statement.getText(file);
    body = body.replace(text, text.replace(/[^\n]/g, ''));
    const from = statement.moduleSpecifier.getText(file);
    const clause = statement.importClause;
    const named = clause?.namedBindings;
    if (named !== undefined && ts.isNamedImports(named)) {
      const type = clause?.isTypeOnly ? 'type ' : '';
      imports.push(...named.elements.map((element) => `import { ${type}${element.getText(file)} } from ${from};`));
    } else imports.push(text);
  }
  return { imports, body };
}

/** Makes each `console.log` that is told what it prints call `printed` with that text first. */
export function withPrinted(code: string): string {
  const lines = code.split('\n');
  return lines
    .map((line, i) => {
      if (!line.startsWith('console.log(')) return line;
      const [, call, comment] = /^console\.log\((.*)\);(?: \/\/ (.*))?$/.exec(line) ?? [];
      if (call === undefined) throw new Error(`console.log with what it prints takes one line: ${line}`);
      const below = lines.slice(i + 1);
      const end = below.findIndex((each) => !each.startsWith('// '));
      const told =
        comment ??
        below
          .slice(0, end < 0 ? undefined : end)
          .map((each) => each.slice(3))
          .join('\n');
      return `printed(${JSON.stringify(told)}, ${call});`;
    })
    .join('\n');
}
