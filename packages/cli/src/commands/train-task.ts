/** `icconv train <task>`: a configuration file to a folder that every other command opens. */
import { defined } from '@icconv/base';
import { besideConfig, fileSchema, readConfig } from '@icconv/base/config';
import { readText } from '@icconv/base/files';
import type { CocoData, OpenedData } from '@icconv/coco/node';
import {
  fittingBatchSize,
  networkForData,
  networkOfFolder,
  rehearseTraining,
  type StartFrom,
  startOf,
  type TaskTypes,
  type TrainingData,
  type TrainTaskOptions,
  trainingSchema,
  trainTask,
} from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { type Cluster, joinCluster } from '@icconv/tensor-ops/collectives';
import { useEngine } from '@icconv/tensor-ops/engine';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { type ClusterFlags, clusterPlace } from '../cluster/cluster-place';
import { collect } from '../config/collect';
import { type DataFlags, givenConfig } from '../config/given-config';
import { countOption, minutesOption, naturalOption, sizeOption } from '../config/number-options';
import { starterFile } from '../config/starter-file';
import type { CommandContext } from '../context';
import { type PictureFlags, pictureRules, withPictureRules } from '../data/data-options';
import { readyData } from '../data/ready-data';
import { tellData } from '../data/tell-data';
import { writeTrainingReport } from '../report/training-report';
import type { AnyTaskCommand } from '../tasks/task-command';
import { failureText, INTERRUPTED } from '../ui/failure';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';
import { batchSizeText } from './batch-size';
import { rehearsalJson, rehearsalText } from './rehearsal-result';
import { printResult, resumeCommand } from './training-result';

interface TrainFlags extends WeightFlags, PictureFlags, ClusterFlags, DataFlags {
  readonly printConfig?: boolean;
  readonly dryRun?: boolean;
  readonly model?: string;
  readonly set?: readonly string[];
  readonly output?: string;
  readonly resume?: boolean;
  readonly allowChanges?: boolean;
  readonly threads?: number;
  readonly workers?: number;
  readonly json?: boolean;
}

const EXAMPLE_DATA = 'train.json';

export function trainTaskCommand(own: AnyTaskCommand, { signal }: CommandContext): Command {
  const { task } = own;
  const { presets } = task.training.settings;
  return withPictureRules(withWeightOptions(new Command(task.name).description(own.training)))
    .option('--config <file>', `YAML or JSON; presets: ${Object.keys(presets).join(', ')}`)
    .option('--data <path>', 'annotations to learn from, a data.yaml, or a folder of classes; needs no --config')
    .option('--images <folder>', 'pictures of --data, where they do not lie beside it')
    .option('--val <path>', 'annotations to evaluate on, by default those of a data.yaml')
    .option('--val-images <folder>', 'pictures of --val, by default those of --images')
    .addOption(new Option('--preset <name>', 'without --config, by default small').choices(Object.keys(presets)))
    .option('--set <place=value>', 'override a value of the file, such as recipe.epochs=3; may be repeated', collect)
    .option('--time <length>', 'train so long, such as 20m or 1h30m, instead of the recipe’s epochs', minutesOption)
    .addOption(
      new Option(
        '--batch-size <n>',
        'pictures a batch, instead of the recipe’s; auto: as many as memory has room for',
      ).argParser(sizeOption),
    )
    .option('--model <folder>', 'go on from a trained model: its network, classes and weights instead of the file’s')
    .option('--output <folder>', 'folder of the run, instead of the file’s')
    .option('--resume', 'go on with the run in the folder')
    .option('--allow-changes', 'go on although recipe, network or data differ from the run’s; they are listed')
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .option('--workers <n>', 'threads that decode pictures', naturalOption)
    .option(
      '--print-config',
      'print every key of the configuration with its meaning and value, and do nothing; needs no data',
    )
    .addOption(
      new Option(
        '--dry-run',
        'look at the data, do two updates, tell memory and time of the whole training; write nothing',
      ).conflicts(['cluster', 'clusterIndex']),
    )
    .option('--json', 'print the result as JSON')
    .option('--cluster <file>', 'train with other machines: JSON as in the variable TF_CONFIG, which serves as well')
    .option('--cluster-index <n>', 'which worker of the cluster this is, from 0, instead of the file’s', naturalOption)
    .action(async (flags: TrainFlags, command: Command) => {
      const { set = [], workers, resume = false, allowChanges = false } = flags;
      // Whoever wants to see what there is need not have data.
      const example = flags.printConfig === true && flags.config === undefined && flags.data === undefined;
      const given = await givenConfig(task.name, example ? { ...flags, data: EXAMPLE_DATA } : flags);
      const config = await readConfig(flags.config, trainingSchema(task), [...given, ...set]);
      if (flags.printConfig) {
        const missing = example ? [`${EXAMPLE_DATA} is an example: --data says what to learn from.`] : [];
        const head = ['What is commented out is not set, and shows an example.', ...missing];
        console.log(starterFile(fileSchema(trainingSchema(task)), config, head, true).trimEnd());
        return;
      }
      // What paths are relative to.
      const file = flags.config ?? 'command line';
      const folder = flags.output ?? besideConfig(file, config.output);
      const cluster = await startEngine(flags);
      const leads = cluster === undefined || cluster.index === 0;
      const note = (line: string) => leads && console.error(line);
      const rules = pictureRules(flags, config.data);
      const open = (name: 'train' | 'val', { annotations, images }: typeof config.data.train) => {
        const folder = images && besideConfig(file, images);
        const source = {
          name,
          split: name,
          annotations: besideConfig(file, annotations),
          ...defined({ images: folder }),
        };
        return readyData(source, rules, signal);
      };
      const { val } = config.data;
      const opened = { train: await open('train', config.data.train), val: val && (await open('val', val)) };
      const { model, recipe, notes, categoryIds } =
        flags.model === undefined
          ? await networkForData(task, config, opened.train.dataset, file)
          : await networkOfFolder(task, flags.model, config);
      for (const line of notes) note(line);
      const chosen = (data: OpenedData, use: 'training' | 'evaluation'): CocoData => {
        const ids = categoryIds(data.dataset, use);
        return ids === undefined ? data : { ...data, categoryIds: ids };
      };
      const start: StartFrom | undefined = flags.model === undefined ? startOf(file, config) : { from: flags.model };
      let data: Record<string, object> = {};
      let bound: TrainingData | undefined;
      const started = performance.now();
      const plan: TrainTaskOptions<TaskTypes> = {
        model,
        recipe,
        train: chosen(opened.train, 'training'),
        ...defined({
          val: opened.val && chosen(opened.val, 'evaluation'),
          evaluation: (config as { readonly evaluation?: TaskTypes['options'] }).evaluation,
          start: start && { ...start, ...readingOf(flags, start.opaqueClasses) },
          ...{ workers, cluster },
        }),
        ...{ folder, resume, allowChanges, signal, handleInterrupt: false },
        onUnreadable: rules.onUnreadable,
        tolerateDamage: rules.tolerateDamage,
        onNote: note,
        onData(all) {
          bound = all;
          if (!leads) return;
          const told = (name: 'train' | 'val') => {
            const [data, report, source] = [opened[name], all.reports[name], config.data[name]];
            return data && report && source && { data, report, annotations: besideConfig(file, source.annotations) };
          };
          data = tellData({ train: told('train'), val: told('val') });
        },
      };
      const sized = flags.batchSize === 'auto' ? await fittingBatchSize(task, plan) : undefined;
      if (sized !== undefined) note(batchSizeText(sized, recipe.learningRate));
      const found = defined({ batchSize: sized?.batchSize });
      const places = [...given, ...set, ...Object.entries(found).map(([name, value]) => `recipe.${name}=${value}`)];
      const comments = [
        ...(flags.model === undefined ? [] : [`--model ${flags.model}`]),
        ...places.map((one) => `--set ${one}`),
      ];
      const training: TrainTaskOptions<TaskTypes> = {
        ...plan,
        recipe: { ...recipe, ...found },
        // The file, with the values that the command line gave as comments at its head.
        configuration: [
          ...comments.map((one) => `# ${one.replaceAll(/\s+/g, ' ')}\n`),
          flags.config === undefined
            ? stringify({ ...config, recipe: { ...config.recipe, ...found } })
            : await readText(flags.config),
        ].join(''),
      };
      if (flags.dryRun) {
        const rehearsal = await rehearseTraining(task, training);
        const told = { folder, data, pictures: opened.train.dataset, kind: task.data.kind(model) };
        console.log(flags.json ? rehearsalJson(rehearsal, told) : rehearsalText(rehearsal, told));
        return;
      }
      const result = await trainTask(task, training);
      await cluster?.close();
      if (!leads) {
        if (result.reason === 'interrupted') process.exitCode = INTERRUPTED;
        return;
      }
      const end = { folder, minutes: (performance.now() - started) / 60000, data };
      const resumes = resumeCommand(command);
      printResult(task.evaluation.best, result, end, { json: flags.json ?? false, resume: resumes });
      if (result.reason === 'interrupted') return;
      const done = { folder, minutes: end.minutes, model, result, data: bound!, rules, signal };
      const told = await writeTrainingReport(own, done).then(
        (path) => `${path} is written`,
        // The training is done, whatever becomes of its report.
        (error) => `no report.html, which ${resumes} writes: ${failureText(error)}`,
      );
      note(told);
    });
}

/** Alone, or with the others of a cluster. @throws InvalidArgumentError where only wasm is there, which has no gradients; as `joinCluster`. */
async function startEngine({ threads, dryRun, batchSize, ...flags }: TrainFlags): Promise<Cluster | undefined> {
  const place = await clusterPlace(flags);
  if (place !== undefined && dryRun) {
    throw new InvalidArgumentError('train', '--dry-run', dryRun, 'not given to a worker of a cluster (TF_CONFIG)');
  }
  if (place !== undefined && batchSize === 'auto') {
    throw new InvalidArgumentError(
      'train',
      '--batch-size',
      batchSize,
      'a number, the same for all workers of a cluster',
    );
  }
  if (place !== undefined) return joinCluster({ ...place, ...defined({ threads }) });
  const engine = await useEngine({ device: 'auto', ...defined({ threads }) });
  if (engine.device === 'cuda' && batchSize === 'auto') {
    throw new InvalidArgumentError(
      'train',
      '--batch-size',
      batchSize,
      'a number: only the memory of the machine is measured, not of a GPU',
    );
  }
  if (engine.backend === 'tensorflow') return undefined;
  throw new InvalidArgumentError('train', 'engine', engine.device, 'the native one, which icconv setup provides');
}
