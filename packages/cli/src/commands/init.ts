/** `icconv init [task]`: a configuration file for the data that is there, with comments, and the schema by which editors complete it. */
import { open, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { counted, defined, FileError } from '@icconv/base';
import { fileSchema, type JsonSchema, readConfig, underneath } from '@icconv/base/config';
import { makeFolder } from '@icconv/base/files';
import type { CocoDataset } from '@icconv/coco';
import { trainingSchema } from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { Argument, Command, Option } from 'commander';
import { parse } from 'yaml';
import { type DataFlags, givenConfig } from '../config/given-config';
import { starterFile } from '../config/starter-file';
import type { CommandContext } from '../context';
import { findTrainingData } from '../data/find-data';
import { readyData } from '../data/ready-data';
import { TASKS } from '../tasks';
import type { AnyTaskCommand } from '../tasks/task-command';

interface InitFlags extends Omit<DataFlags, 'config' | 'time'> {
  readonly out: string;
}

export function initCommand({ signal }: CommandContext): Command {
  return new Command('init')
    .addArgument(new Argument('[task]', 'by default as the data is').choices(TASKS.map(({ task }) => task.name)))
    .option(
      '--data <path>',
      'annotations to learn from, a data.yaml, or a folder of classes; by default what lies here',
    )
    .option('--images <folder>', 'pictures of --data, where they do not lie beside it')
    .option('--val <path>', 'annotations to evaluate on, by default those of a data.yaml')
    .option('--val-images <folder>', 'pictures of --val, by default those of --images')
    .addOption(new Option('--preset <name>', 'what it begins with').default('small'))
    .option('--out <file>', 'where it is written; never over another file', 'train.yaml')
    .action(async (name: string | undefined, { out, preset = 'small', ...flags }: InitFlags) => {
      const { images, val, valImages } = flags;
      const { dataset: read, ...data } =
        flags.data === undefined
          ? await findTrainingData(process.cwd(), defined({ images, val, valImages }))
          : { ...flags, dataset: undefined };
      const dataset = read ?? (await openTraining(data, signal)).dataset;
      const own = TASKS.find(({ task }) => task.name === (name ?? taskOf(dataset)))!;
      const { presets } = own.task.training.settings;
      if (presets[preset] === undefined) {
        throw new InvalidArgumentError('init', '--preset', preset, `one of ${Object.keys(presets).join(', ')}`);
      }
      const schema = fileSchema(trainingSchema(own.task), presets);
      const schemaFile = `${own.task.name}.schema.json`;
      const given = await givenConfig(own.task.name, { ...data, preset });
      const values = underneath(presets[preset], nested(given, dirname(resolve(out))));
      const branch = (schema.anyOf as readonly JsonSchema[])[Object.keys(presets).indexOf(preset)]!;
      const text = starterFile(branch, values as object, headOf(own, dataset, { out, schemaFile }));
      await writeNew(out, text, () => readConfig(out, trainingSchema(own.task)));
      const beside = join(dirname(out), schemaFile);
      // An older one of the same name stays: icconv schema writes it anew.
      await writeNew(beside, `${JSON.stringify(schema, null, 2)}\n`).catch((error) => {
        if (!InvalidArgumentError.isInstance(error)) throw error;
      });
      console.log(`${out} is written; icconv train ${own.task.name} --config ${out} --dry-run tells what it takes`);
    });
}

const openTraining = (data: Pick<DataFlags, 'data' | 'images'>, signal: AbortSignal) =>
  readyData(
    { split: 'train', annotations: data.data!, ...defined({ images: data.images }) },
    { check: false, onUnreadable: 'stop', tolerateDamage: false },
    signal,
  );

/** By what is annotated. */
function taskOf(dataset: CocoDataset): string {
  if (dataset.categories.some(({ keypoints = [] }) => keypoints.length > 0)) return 'pose';
  const { count, bbox } = dataset.columns.annotations;
  const boxes = bbox.subarray(0, 4 * count).some((value) => value > 0);
  return boxes || dataset.columns.annotations.segments !== undefined ? 'detection' : 'classification';
}

/** Overrides of a configuration as one; the paths of data as they are seen from the file. */
function nested(overrides: readonly string[], folder: string): object {
  const root: Record<string, Record<string, unknown>> = {};
  for (const override of overrides) {
    const [place, value] = [override.slice(0, override.indexOf('=')), parse(override.slice(override.indexOf('=') + 1))];
    const [first, second] = place.split('.') as [string, string | undefined];
    if (second === undefined)
      Object.assign(root, { [first]: typeof value === 'string' ? seenFrom(folder, value) : value });
    else {
      const paths = Object.entries(value as Record<string, string>).map(([key, path]) => [key, seenFrom(folder, path)]);
      root[first] = { ...root[first], [second]: Object.fromEntries(paths) };
    }
  }
  return root;
}

/** Relative where it lies in the folder or near it, so that all of it can be moved. */
function seenFrom(folder: string, path: string): string {
  if (!isAbsolute(path)) return path;
  const own = relative(folder, path);
  const short = own.split(sep).join('/');
  return short.startsWith('../../..') ? path : short === '' ? '.' : short;
}

function headOf(
  { task }: AnyTaskCommand,
  dataset: CocoDataset,
  { out, schemaFile }: { readonly out: string; readonly schemaFile: string },
): string[] {
  const pictures = dataset.getImgIds().length;
  const names = dataset.categories.map(({ name }) => name);
  const shown = names.length > 8 ? `${names.slice(0, 8).join(', ')} ...` : names.join(', ');
  const command = `icconv train ${task.name} --config ${basename(out)}`;
  return [
    `yaml-language-server: $schema=${schemaFile}`,
    `A ${task.noun} of ${counted(pictures, 'picture')} with ${counted(names.length, 'category', 'categories')}: ${shown}.`,
    `  ${command} --dry-run    what it takes`,
    `  ${command}              trains`,
    `  ${command} --print-config   every key with its value`,
    'Paths are relative to this file.',
  ];
}

/** Leaves no file that is not whole, or that the check refuses. @throws InvalidArgumentError where there is a file; as the check. */
async function writeNew(path: string, text: string, check?: () => Promise<unknown>): Promise<void> {
  await makeFolder(dirname(path));
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw FileError.from(path, 'cannot be written', error);
    throw new InvalidArgumentError('init', '--out', path, 'a file that is not there yet');
  });
  try {
    await file.writeFile(text).finally(() => file.close());
    await check?.();
  } catch (error) {
    await rm(path, { force: true });
    throw FileError.from(path, 'cannot be written', error);
  }
}
