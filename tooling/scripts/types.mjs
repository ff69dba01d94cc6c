// pnpm typecheck [FOLDER ...]: checks the types of every package, each by its own tsconfig.json and each file once. `tsc -p` would check what a
// package imports of the others again with every one of them, and read TensorFlow.js' declarations anew each time.
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';
import { ROOT } from './steps.mjs';

const format = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => ROOT,
  getNewLine: () => '\n',
};

/** Everything that has a configuration of its own. */
function projects() {
  const groups = ['packages', 'tooling', 'examples'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(group, name)),
  );
  return [...groups, 'docs'].filter((folder) => existsSync(join(ROOT, folder, 'tsconfig.json')));
}

/** Parsed files serve all programs, as their options are alike in what parsing and binding depend on. */
const parsed = new Map();
const looked = new Map();

function hostOf(options) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const alike = JSON.stringify([options.target, options.module, options.moduleResolution, options.strict]);
  host.getSourceFile = (name, how, ...rest) => {
    const key = `${alike} ${name}`;
    if (!parsed.has(key)) parsed.set(key, getSourceFile(name, how, ...rest));
    return parsed.get(key);
  };
  host.fileExists = (name) => {
    if (!looked.has(name)) looked.set(name, fileExists(name));
    return looked.get(name);
  };
  return host;
}

/** What is wrong in a package's own files. */
function check(folder) {
  const path = join(ROOT, folder, 'tsconfig.json');
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(
    path,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) => {
        throw new Error(ts.formatDiagnostic(problem, format));
      },
    },
  );
  const program = ts.createProgram(fileNames, options, hostOf(options));
  const own = program.getSourceFiles().filter(({ fileName }) => {
    return fileName.startsWith(join(ROOT, folder) + sep) && !fileName.includes('/node_modules/');
  });
  return [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
}

const given = process.argv.slice(2);
const folders = projects();
const unknown = given.find((folder) => !folders.includes(folder));
if (unknown !== undefined) {
  console.error(`usage: pnpm typecheck [FOLDER ...]; "${unknown}" is none of ${folders.join(', ')}`);
  process.exit(1);
}
const problems = ts.sortAndDeduplicateDiagnostics((given.length > 0 ? given : folders).flatMap(check));
if (problems.length > 0) console.error(ts.formatDiagnosticsWithColorAndContext(problems, format));
process.exit(problems.length === 0 ? 0 : 1);
