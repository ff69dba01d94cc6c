/** A thread of {@link evaluateParallel}. */
import { parentPort, workerData } from 'node:worker_threads';
import { CocoDataset } from '../data/dataset';
import { CocoResults } from '../data/results';
import { CocoError } from '../errors';
import { evaluateCategories, planEvaluation } from '../eval/evaluator';
import { type EvaluateMessage, type EvaluateTask, takeCategories } from './parallel';

const say = (message: EvaluateMessage) => parentPort?.postMessage(message);

const { dataset, results, params, curves, next } = workerData as EvaluateTask;
say('ready');
try {
  const plan = planEvaluation(new CocoDataset(dataset), new CocoResults(results), params);
  evaluateCategories(plan, curves, takeCategories(next, plan.categories));
  say('done');
} catch (error) {
  const code = CocoError.isInstance(error) ? error.code : 'ICCONV_COCO_THREAD';
  say({ code, message: error instanceof Error ? error.message : String(error) });
}
