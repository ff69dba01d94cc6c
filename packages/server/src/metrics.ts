/** Figures for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface ServerMetrics {
  /** A request that has ended, after `seconds`. */
  ended(status: number, seconds: number): void;
  readonly registry: Registry;
}

/** @param waiting - how many requests are here now. */
export function serverMetrics(waiting: () => number): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'icconv_requests_total',
    help: 'Requests with a picture, by the status of their answer',
    labelNames: ['status'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'icconv_request_seconds',
    help: 'Time from the request to its answer, of requests that were answered well',
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  new Gauge({
    name: 'icconv_requests_here',
    help: 'Requests that are being worked on or wait',
    registers,
    collect() {
      this.set(waiting());
    },
  });
  return {
    registry,
    ended(status, took) {
      requests.inc({ status: String(status) });
      if (status === 200) seconds.observe(took);
    },
  };
}
