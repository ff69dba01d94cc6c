/** Configuration files: read and checked, presets underneath, changes on top. Needs Node. */
export { besideConfig } from './beside-config';
export { type ChangesPlace, changesOf, withChanges } from './changes';
export { ConfigError } from './config-error';
export { fileSchema, type JsonSchema } from './file-schema';
export { underneath, withPresets } from './presets';
export { readConfig } from './read-config';
