/** AP over all pictures, and of each class of size. */
import { type CocoId, CocoResults, type EvaluateOptions, evaluate, metricValue } from '@icconv/coco';
import type { StateDict } from '@icconv/models';
import { findInData, localRunner, type TaskModel } from '@icconv/task';
import { heightOfArea } from './dataset';
import { sizeClasses } from './results';
import type { Context } from './train';

export async function measuresOf(
  { config, task, test }: Context,
  model: TaskModel,
  weights: StateDict,
): Promise<Record<string, number>> {
  const runner = localRunner(task, model, weights);
  try {
    const { records, data } = await findInData(task, runner, test);
    const { dataset } = data;
    const { skeleton } = model.config as { skeleton?: { sigmas: readonly number[] } };
    const results = CocoResults.parse(records);
    const classes = sizeClasses(config);
    const of = (more: Partial<EvaluateOptions>) =>
      evaluate(dataset, results, {
        ...more,
        ...(skeleton === undefined ? { iouType: 'bbox' } : { iouType: 'keypoints', sigmas: skeleton.sigmas }),
      });
    const ranges = classes.map(({ label, above, to }) => [label, [above ** 2, Math.min(to ** 2, 1e10)]] as const);
    const all = of({ areaRng: { all: [0, 1e10], ...Object.fromEntries(ranges) } });
    const bySize = classes.map(({ label, above, to }) => {
      if (!('side' in config.data)) return [label, metricValue(all, { kind: 'AP', area: label })] as const;
      // All objects of such a picture are of about one height.
      const heightOf = (id: CocoId) => heightOfArea(dataset.loadAnns(dataset.getAnnIds({ imgIds: id }))[0]?.area ?? 0);
      const own = dataset.getImgIds().filter((id) => heightOf(id) > above && heightOf(id) <= to);
      return [label, metricValue(of({ imgIds: own }), { kind: 'AP' })] as const;
    });
    return {
      AP: metricValue(all, { kind: 'AP' }),
      AP50: metricValue(all, { kind: 'AP', iou: 0.5 }),
      AP75: metricValue(all, { kind: 'AP', iou: 0.75 }),
      ...Object.fromEntries(bySize),
    };
  } finally {
    await runner.dispose();
  }
}
