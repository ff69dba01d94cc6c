/** The compiler's view of examples in Markdown, as files beside the sources of a package that nobody writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleModule, examplesOf } from '@icconv/test-utils/readme-examples';
import ts from 'typescript';
import { ROOT } from '../imports/read-imports';

export interface Document {
  /** Its path in the repository. */
  readonly file: string;
  /** Folder of the package whose dependencies the examples import. */
  readonly folder: string;
}

/** What the compiler says of all examples, each message with file and line of the document. One program serves all: that is fast. */
export function typeErrors(documents: readonly Document[]): string[] {
  const config = ts.readConfigFile(join(ROOT, 'tooling/tsconfig/base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.config.compilerOptions, ROOT);
  const modules = documents.map(({ file, folder }) => ({
    file,
    path: join(ROOT, folder, `${file.replaceAll(/\W/g, '-')}.examples.ts`),
    ...exampleModule(examplesOf(readFileSync(join(ROOT, file), 'utf8'))),
  }));
  const codes = new Map(modules.map(({ path, code }) => [path, code]));
  const host = ts.createCompilerHost({ ...options, types: ['node'] });
  const { fileExists, readFile } = host;
  host.fileExists = (path) => codes.has(path) || fileExists(path);
  host.readFile = (path) => codes.get(path) ?? readFile(path);
  host.getCurrentDirectory = () => join(ROOT, 'tooling/checks');
  const program = ts.createProgram([...codes.keys()], { ...options, types: ['node'] }, host);
  return modules.flatMap(({ file, path, lineInReadme }) => {
    const source = program.getSourceFile(path)!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
      return `${file}:${lineInReadme(line + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}
