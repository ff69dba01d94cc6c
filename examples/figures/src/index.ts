export { annotate, type CocoKeypoints, type Split, scene } from './dataset';
export { type PaintOptions, paintScene } from './paint';
export { LEAST_KEYPOINTS, type PlacedFigure, type Scene, SIDE, type Visibility } from './scene';
export { CATEGORY, KEYPOINTS, type KeypointName } from './skeleton';
