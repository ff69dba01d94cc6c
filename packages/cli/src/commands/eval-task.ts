/** `icconv eval <task>` and `icconv reproduce <task>`: a network over a data set, and its metric. */
import { join } from 'node:path';
import { counted, defined } from '@icconv/base';
import { ConfigError } from '@icconv/base/config';
import { writeAtomically } from '@icconv/base/files';
import { type Evaluation, perCategory } from '@icconv/coco';
import {
  bindData,
  createRunner,
  type DescribedSource,
  findInData,
  findRow,
  reportOf,
  type TaskModel,
  type TaskTypes,
} from '@icconv/task';
import { Command, Option } from 'commander';
import { countOption, scoreOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { type PictureFlags, pictureRules, withPictureRules } from '../data/data-options';
import { readyData } from '../data/ready-data';
import { tellData } from '../data/tell-data';
import { boxMistakes } from '../report/mistakes';
import { loading, type ModelFlags, modelOf, withModelFlags } from '../tasks/model-flags';
import type { AnyTaskCommand, Flags } from '../tasks/task-command';
import { countProgress } from '../ui/progress';
import { categoryTable } from './category-table';
import { mistakesText } from './mistakes-text';

interface RunFlags extends ModelFlags, PictureFlags, Flags {
  readonly batchSize: number;
  readonly limit?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly perCategory?: boolean;
  readonly minScore?: number;
}

interface EvalFlags extends RunFlags {
  readonly annotations: string;
  readonly images?: string;
}

interface ReproduceFlags extends RunFlags {
  readonly coco?: string;
  readonly imagenet?: string;
  readonly model: string;
}

function withRunFlags(command: Command, own: AnyTaskCommand): Command {
  return own
    .withCallFlags(withPictureRules(command))
    .option('--batch-size <n>', 'pictures that are decoded ahead; no result depends on it', countOption, 4)
    .option('--limit <n>', 'only the first pictures', countOption)
    .option('--out <file>', `write the ${own.found} in COCO’s results format`)
    .option('--per-category', 'print the table by category')
    .option('--min-score <least>', 'tell too what is found, missed and wrong at this score and above', scoreOption)
    .option('--json', 'print everything as JSON');
}

export function evalTaskCommand(own: AnyTaskCommand, { signal }: CommandContext): Command {
  const command = new Command(own.task.name)
    .description(`run a ${own.task.noun} over a data set and print its metric`)
    .requiredOption('--annotations <file>', 'ground truth in COCO’s format, or a folder with one folder for each class')
    .option('--images <folder>', 'folder of the pictures');
  return withRunFlags(withModelFlags(command, own), own).action(async (flags: EvalFlags) => {
    const run = await evaluate(own, modelOf(own, flags), flags, {}, signal);
    if (flags.json) console.log(JSON.stringify(run.json, null, 2));
    else console.log(run.text);
  });
}

export function reproduceTaskCommand(own: AnyTaskCommand, { signal }: CommandContext): Command {
  const { task, published, validation } = own;
  const { annotations, images } = validation;
  const held = [annotations, images].filter((name) => name !== undefined).join(' and ');
  const command = new Command(task.name)
    .description(
      'the published protocol, from checkpoint to the metric on the validation set, beside the published number',
    )
    .requiredOption(`--${validation.of} <folder>`, `holds ${held}`);
  const models = new Option('--model <name>', `which published ${task.noun}`).choices(task.zoo.map(({ name }) => name));
  return withRunFlags(withModelFlags(command, own, models.makeOptionMandatory()), own).action(
    async (flags: ReproduceFlags) => {
      const { metric, source } = findRow(task.zoo, flags.model, task.noun);
      const folder = flags[validation.of]!;
      const data = { annotations: join(folder, annotations), ...defined({ images: images && join(folder, images) }) };
      const started = performance.now();
      const run = await evaluate(own, modelOf(own, flags), { ...flags, ...data }, published, signal);
      const minutes = (performance.now() - started) / 60000;
      const figures = published.figures(flags).flatMap(({ metric: of, name, stat, ...test }) => {
        const share = run.evaluation.stats[stat];
        return share === undefined
          ? []
          : [{ metric: of, ...test, published: metric.values[name], measured: 100 * share }];
      });
      if (flags.json) {
        console.log(JSON.stringify({ model: flags.model, figures, source, minutes, ...run.json }, null, 2));
        return;
      }
      const part = flags.limit === undefined ? undefined : `the first ${counted(flags.limit, 'picture')} only`;
      const lines = figures.map(({ metric: of, test, published: expected, measured }) => {
        const how = [test, part].filter((one) => one !== undefined).join(', ');
        const there = expected === undefined ? 'not published' : `${expected.toFixed(1)} published (${source})`;
        return `${flags.model}: ${of} ${measured.toFixed(1)} measured${how === '' ? '' : ` (${how})`}, ${there}`;
      });
      console.log(`${run.text}\n\n${lines.join('\n')}`);
    },
  );
}

interface Run {
  readonly evaluation: TaskTypes['evaluation'];
  readonly json: object;
  readonly text: string;
}

async function evaluate(
  own: AnyTaskCommand,
  source: DescribedSource<TaskTypes>,
  flags: EvalFlags,
  { maxDetections, categoryIds }: Pick<AnyTaskCommand['published'], 'maxDetections' | 'categoryIds'>,
  signal: AbortSignal,
): Promise<Run> {
  const { task } = own;
  const { annotations, images, limit, out, batchSize } = flags;
  const rules = pictureRules(flags);
  const data = await readyData(
    { name: 'data', split: 'val', annotations, ...defined({ images, limit }) },
    rules,
    signal,
  );
  const runner = await loading(flags, signal, (options) => createRunner(task, source, options));
  const progress = countProgress(own.title, (data.imageIds ?? data.dataset.getImgIds()).length);
  try {
    const chosen = categoryIds === undefined ? data : { ...data, categoryIds: categoryIds(runner.model) };
    const bound = bindData(task, runner.model, chosen, 'evaluation');
    tellMissing(runner.model, bound.categoryIds);
    const kind = task.data.kind(runner.model);
    if (kind === 'labels' && (flags.minScore !== undefined || flags.perCategory)) {
      throw new ConfigError('--min-score and --per-category tell of objects; labels of whole pictures have none');
    }
    const told = tellData({ data: { data, annotations, report: reportOf(kind, bound, 'evaluation') } });
    const { onUnreadable, tolerateDamage } = rules;
    const { records } = await findInData(task, runner, bound, {
      ...{ options: own.callOf(flags), batchSize, onUnreadable, tolerateDamage, signal },
      onProgress: ({ done }) => progress.update(done),
    });
    progress.stop();
    if (out !== undefined) await writeAtomically(out, JSON.stringify(records));
    const evaluation = task.evaluation.score(records, bound, runner.model, defined({ maxDetections }));
    const metrics = task.evaluation.metrics(evaluation);
    const categories = isCocos(evaluation) ? perCategory(evaluation, bound.dataset) : undefined;
    const table = flags.perCategory && categories !== undefined ? `\n\n${categoryTable(categories)}` : '';
    const { minScore } = flags;
    const errors =
      minScore !== undefined && isCocos(evaluation)
        ? boxMistakes(evaluation, records, bound, kind, { minScore }).errors
        : undefined;
    const mistakes = errors === undefined ? '' : `\n\n${mistakesText(errors, overlapOf(kind))}`;
    return {
      evaluation,
      json: { stats: evaluation.stats, metrics, perCategory: categories, errors, ...told },
      text: task.evaluation.format(evaluation, runner.model) + table + mistakes,
    };
  } finally {
    progress.stop();
    await runner.dispose();
  }
}

/** What the analysis compares: of a network with masks the boxes. */
const overlapOf = (kind: string) => (kind === 'keypoints' ? 'similarity of keypoints (OKS)' : 'overlap of boxes');

const isCocos = (evaluation: object): evaluation is Evaluation => 'params' in evaluation;

function tellMissing({ classes = [] }: TaskModel, categoryIds: readonly unknown[]): void {
  const missing = classes.filter((_, i) => categoryIds[i] === undefined);
  if (missing.length === 0) return;
  console.error(`not scored, as the file has no category of that name: ${missing.join(', ')}`);
}
