/** Several processes, on one machine or many, that compute together. Node only. */
export { buckets } from './buckets';
export type { Cluster, ExchangeOptions, LostWorker } from './cluster';
export { ClusterError } from './cluster-error';
export { type ClusterOptions, joinCluster, LAUNCHER } from './join-cluster';
