export { type ActivatorOptions, activator } from './activator';
export { type Backend, describeBackends } from './backends';
export { type FixtureTensor, loadFixture, testData } from './fixtures';
export { maxAbsError, maxRelativeError } from './tolerance';
