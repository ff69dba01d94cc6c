export { annotate, CATEGORIES, type CocoInstances, scene } from './dataset';
export type { Split } from './glyphs';
export { makeScene, type Scene, type SceneObject, type SceneOptions } from './scene';
export { type DataOptions, writeSplit } from './write-split';
