/** Circles between the files, and between the folders, of one package. */
import { Graph } from './graph';
import { type Import, isTest } from './read-imports';

/** A circle: its nodes, and the imports between them. */
export interface Circle {
  readonly nodes: readonly string[];
  readonly imports: readonly Import[];
}

/** Circles of imports between files. Tests are left out: nobody imports them. */
export function fileCircles(imports: readonly Import[]): Circle[] {
  return circlesBetween(imports, (file) => file);
}

/** Circles between what lies at the top of `packages/<name>/src`: its folders, and its files each for itself. */
export function folderCircles(imports: readonly Import[]): Circle[] {
  return circlesBetween(imports, (file) => file.split('/').slice(0, 4).join('/'));
}

function circlesBetween(imports: readonly Import[], nodeOf: (file: string) => string): Circle[] {
  const between = imports
    .filter(({ from, to }) => !isTest(from) && to.startsWith('packages/') && nodeOf(from) !== nodeOf(to))
    .map((each) => ({ each, from: nodeOf(each.from), to: nodeOf(each.to) }));
  const graph = new Graph();
  for (const { from, to } of between) graph.add(from, to);
  return graph.circles().map((nodes) => ({
    nodes,
    imports: between.filter(({ from, to }) => nodes.includes(from) && nodes.includes(to)).map(({ each }) => each),
  }));
}
