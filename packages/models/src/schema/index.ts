/** Schemas of configurations in files: of backbones, and of what is frozen in training. */
export { backboneSchema, backboneToJson } from './backbone-schema';
export { freezingSchema } from './freezing-schema';
