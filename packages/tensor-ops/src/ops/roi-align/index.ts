export { registerRoiAlign } from './register-roi-align';
export { type MultiLevelRoiAlignOptions, multiLevelRoiAlign, type RoiAlignOptions, roiAlign } from './roi-align';
