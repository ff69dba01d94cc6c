/** What a task's description begins with, free of Node: its network, and the checks of a call. */
export { type CallOptions, checkCallOptions, checkCount, type NetworkOptions } from './call-options';
export type { NetworkTask, NetworkTypes, PictureResult, TaskModel } from './network-task';
