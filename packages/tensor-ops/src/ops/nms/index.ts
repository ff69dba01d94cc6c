export { type BatchedNmsOptions, batchedNms, batchedNmsAsync } from './batched-nms';
export { registerNms } from './register-nms';
