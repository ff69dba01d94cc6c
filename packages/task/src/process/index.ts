export type { Hosted } from './host';
export { createRemote, type Remote, RemoteError, RemoteExitError, type RemoteOptions } from './remote';
