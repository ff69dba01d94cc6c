/** Several processes, on one machine or many, that compute together. Node only. */
export type { Cluster, ExchangeOptions, LostWorker } from './cluster';
export { ClusterError } from './cluster-error';
export { type ClusterOptions, joinCluster } from './join-cluster';
