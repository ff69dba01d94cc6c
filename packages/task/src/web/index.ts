/** Networks in browsers: a description and weights by address, pictures as browsers have them. */
export { ModelFileError } from '../model/description';
export { BackendUnavailableError } from './backend-unavailable-error';
export { createWebRunner, type WebRunner, type WebRunnerOptions } from './create-web-runner';
export type { WebModelSource } from './fetch-model';
export type { WebPicture } from './web-picture';
