export {
  type EffectiveReceptiveField,
  type EffectiveReceptiveFieldOptions,
  effectiveReceptiveField,
} from './effective';
export { type FieldPanel, type FieldPictureOptions, receptiveFieldPng, receptiveFieldSvg } from './picture';
export { type FieldExtent, type StackLayer, type TheoreticalReceptiveField, theoreticalReceptiveField } from './stack';
