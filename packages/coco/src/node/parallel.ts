/** The evaluation on several threads: each takes the next category until none is left. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { allocator } from '../data/annotation-builder';
import type { CocoDataset } from '../data/dataset';
import type { DatasetColumns } from '../data/dataset-builder';
import type { CocoResults, ResultColumns } from '../data/results';
import { CocoArgumentError, CocoError } from '../errors';
import { type Curves, emptyCurves } from '../eval/accumulate';
import type { Evaluation } from '../eval/evaluation';
import { evaluate, evaluateCategories, planEvaluation, skippedOf } from '../eval/evaluator';
import { makeEvaluation } from '../eval/make-evaluation';
import { completeParams, type EvaluateOptions, type EvaluationParams } from '../eval/params';
import { warningsOf } from '../eval/warnings';

export interface ParallelOptions extends EvaluateOptions {
  /** Threads, this one included. @defaultValue as many as there are processors, up to 4, where the work is worth their start */
  readonly threads?: number;
}

/** What a worker gets. */
export interface EvaluateTask {
  readonly dataset: DatasetColumns;
  readonly results: ResultColumns;
  readonly params: EvaluationParams;
  readonly curves: Curves;
  readonly next: Int32Array;
}

/** What a worker says: it runs, it is done, or it failed. */
export type EvaluateMessage = 'ready' | 'done' | { readonly code: string; readonly message: string };

// A thread costs 0.2 s of processor time to start and warm up; one thread matches about a million boxes, or 60,000 masks, a second.
const MANY_BOXES = 2_000_000;
const MANY_MASKS = 30_000;
const MOST_THREADS = 4;

/**
 * As {@link evaluate}, on several threads, with the same result to the last bit. Load dataset and results with `shared: true`, or
 * every thread gets a copy of them. CrowdPose's protocol runs on one thread.
 *
 * @throws as {@link evaluate}, and {@link CocoArgumentError} for a number of threads that is none.
 */
export async function evaluateParallel(
  gt: CocoDataset,
  dt: CocoResults,
  options: ParallelOptions,
): Promise<Evaluation> {
  const { threads: wanted, ...evaluateOptions } = options;
  if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 1)) {
    throw new CocoArgumentError('evaluateParallel', 'threads', wanted, 'a positive integer');
  }
  const params = completeParams(evaluateOptions, gt);
  const threads = Math.min(wanted ?? usefulThreads(params, dt.size), params.useCats ? params.catIds.length : 1);
  // Run from TypeScript sources, as in development, there is no file that a thread could load.
  const built = !import.meta.url.endsWith('.ts');
  if (threads <= 1 || !built || params.protocol === 'crowdpose') return evaluate(gt, dt, evaluateOptions);
  const categories = params.catIds.length;
  const curves = emptyCurves(params, categories, allocator(true));
  const next = new Int32Array(new SharedArrayBuffer(4));
  // The header's texts are not needed there.
  const dataset: DatasetColumns = { ...gt.columns, header: new Map() };
  const task: EvaluateTask = { dataset, results: dt.columns, params, curves, next };
  const workers = Array.from({ length: threads - 1 }, () => startWorker(task));
  try {
    const plan = planEvaluation(gt, dt, params);
    evaluateCategories(plan, curves, takeCategories(next, categories));
    await Promise.all(workers.map((worker) => worker.done));
    const warnings = warningsOf(gt, dt.columns, plan.truth);
    return makeEvaluation(params, curves, plan.truth.positives, skippedOf(plan.detections), warnings);
  } finally {
    // Nobody waits for the others once one has failed.
    for (const worker of workers) {
      worker.done.catch(() => {});
      await worker.stop();
    }
  }
}

/** The categories that no other thread has taken yet. */
export function* takeCategories(next: Int32Array, categories: number): Generator<number> {
  for (;;) {
    const k = Atomics.add(next, 0, 1);
    if (k >= categories) return;
    yield k;
  }
}

function usefulThreads(params: EvaluationParams, detections: number): number {
  const many = params.iouType === 'segm' ? MANY_MASKS : MANY_BOXES;
  return detections < many ? 1 : Math.min(MOST_THREADS, availableParallelism());
}

let warned = false;

function startWorker(task: EvaluateTask): { readonly done: Promise<void>; stop(): Promise<unknown> } {
  const worker = new Worker(new URL('./evaluate-worker.js', import.meta.url), { workerData: task });
  let ready = false;
  const done = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: EvaluateMessage) => {
      if (message === 'ready') ready = true;
      else if (message === 'done') resolve();
      else reject(new CocoError(message.code, message.message));
    });
    worker.on('error', (error) => {
      if (ready) {
        reject(error);
        return;
      }
      // It has taken no category yet: this thread does them all, only slower.
      if (!warned)
        process.emitWarning(`evaluation runs on one thread: ${error.message}`, { code: 'ICCONV_COCO_NO_THREADS' });
      warned = true;
      resolve();
    });
    worker.on('exit', () => reject(new CocoError('ICCONV_COCO_THREAD', 'internal: an evaluation thread ended early')));
  });
  return { done, stop: () => worker.terminate() };
}
