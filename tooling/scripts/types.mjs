// pnpm typecheck [FOLDER ...]: checks the types of every package, each by the options of its own tsconfig.json and each file once. `tsc -p` would
// check what a package imports of the others again with every one of them, and read TensorFlow.js' declarations anew each time.
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

/** The configuration of a package: its files and its options, which name no folder. */
function parse(folder) {
  const path = join(ROOT, folder, 'tsconfig.json');
  const onUnRecoverableConfigFileDiagnostic = (problem) => {
    throw new Error(ts.formatDiagnostic(problem, format));
  };
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic };
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(path, {}, host);
  const { configFilePath, pathsBasePath, ...alike } = options;
  return { folder, fileNames, options, errors, alike: JSON.stringify(alike) };
}

/** What is wrong in packages of like options, as one program: declarations are read, and their types made, once. */
function check(projects) {
  const names = projects.flatMap(({ fileNames }) => fileNames);
  // Types that are everywhere, Node's, are looked up from the first: all take the same version.
  const program = ts.createProgram(names, projects[0].options);
  const folders = projects.map(({ folder }) => join(ROOT, folder) + sep);
  const own = program.getSourceFiles().filter(({ fileName }) => {
    return folders.some((folder) => fileName.startsWith(folder)) && !fileName.includes('/node_modules/');
  });
  return [
    ...projects.flatMap(({ errors }) => errors),
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
const wanted = (given.length > 0 ? given : folders).map(parse);
const groups = [...new Set(wanted.map(({ alike }) => alike))].map((alike) =>
  wanted.filter((one) => one.alike === alike),
);
const problems = ts.sortAndDeduplicateDiagnostics(groups.flatMap(check));
if (problems.length > 0) console.error(ts.formatDiagnosticsWithColorAndContext(problems, format));
process.exit(problems.length === 0 ? 0 : 1);
