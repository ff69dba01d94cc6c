import { defined } from '@icconv/base';
import type { CocoData } from '@icconv/coco/node';
import type { RunSettings } from '@icconv/training/node';
import type { Task, TaskTypes } from '../contract/task';
import { describeData } from '../data/bind';

/** What must be as it was for a run to go on. */
export function settingsOf<T extends TaskTypes>(
  task: Task<T>,
  run: {
    readonly model: T['model'];
    readonly recipe: T['recipe'];
    readonly evaluation?: object | undefined;
    readonly train: CocoData;
    readonly val?: CocoData;
  },
): RunSettings {
  const { model, recipe, evaluation, train, val } = run;
  const data = { train: describeData(train), ...defined({ val: val && describeData(val) }) };
  return { model: task.model.toJson(model), recipe, evaluation, data };
}
