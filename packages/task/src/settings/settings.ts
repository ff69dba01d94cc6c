/** Configurations of trainings: what a file or an object may say, and what it comes to. */
import { existsSync } from 'node:fs';
import { schemaOf } from '@icconv/base';
import { besideConfig, ConfigError, changesOf, withPresets } from '@icconv/base/config';
import { readText } from '@icconv/base/files';
import type { CocoDataset } from '@icconv/coco';
import { pictureFields } from '@icconv/coco/node';
import { parsePattern } from '@icconv/inception-conv';
import { PATTERN_NAMES, type PatternName, type ResNetConfig, withManualPattern } from '@icconv/models';
import { backboneSchema, freezingSchema } from '@icconv/models/schema';
import { recipeSchema } from '@icconv/training';
import { z } from 'zod';
import type { ChosenNetwork, Task, TaskRecipe, TaskTypes } from '../contract/task';
import { readModel } from '../model/model-folder';
import { changedModel } from '../model/resolve-model';
import type { StartFrom } from '../train/start-from';

const patternSchema = z.union([
  /** By the advice of the method's author, see `withManualPattern`. */
  z.strictObject({ manual: z.strictObject({ maxDilation: z.int().min(1).max(16) }) }),
  z.strictObject({ file: z.string() }),
  z.enum(PATTERN_NAMES as unknown as readonly [PatternName, ...PatternName[]]),
]);

const backboneFields = {
  backbone: backboneSchema.omit({ conv: true }).meta({ description: 'A ResNet by its depth, or block by block.' }),
  pattern: patternSchema
    .meta({
      description: 'Dilations of the 3x3 convolutions: by hand, a file that icconv search wrote, or a published name.',
      examples: [{ manual: { maxDilation: 4 } }],
    })
    .optional(),
  super: z
    .strictObject({ maxDilation: z.int().min(1).max(64) })
    .meta({
      description: 'Super-kernels in their place, from which icconv search chooses dilations up to this.',
      examples: [{ maxDilation: 4 }],
    })
    .optional(),
} as const;

const dataSet = z.strictObject({ annotations: z.string(), images: z.string().exactOptional() });

const startSchema = z.strictObject({
  file: z.string(),
  part: z.enum(['whole', 'backbone']).exactOptional(),
  /** Python functions and classes that the file need not be refused for: kept closed, never run. */
  opaqueClasses: z.array(z.string()).exactOptional(),
});

/** What every task's recipe may say; a task adds its own by `extend`. */
export const taskRecipeSchema = schemaOf<TaskRecipe>()(
  z.strictObject({
    ...recipeSchema.shape,
    ...freezingSchema.shape,
    skipEmpty: z
      .boolean()
      .meta({ description: 'Leave out pictures without an object, which teach what is background.', examples: [false] })
      .exactOptional(),
    tapPenalty: z
      .number()
      .positive()
      .meta({
        description:
          'Of super-kernels: weight of a group lasso that draws taps towards nothing, so that the search loses less.',
        examples: [0.0001],
      })
      .exactOptional(),
  }),
);

/** Of a training's configuration, with the values of the preset that it names underneath. */
export function trainingSchema<T extends TaskTypes>({ model: { configSchema, fixed }, training }: Task<T>) {
  const { presets, model, data, recipe, evaluation } = training.settings;
  const schema = z.strictObject({
    preset: z.string().optional(),
    model: z.strictObject({
      ...backboneFields,
      ...model,
      config: changesOf(configSchema, fixed)
        .meta({ description: 'What differs from the task’s own configuration of the network.' })
        .default({}),
    }),
    data: z.strictObject({
      train: dataSet.meta({
        description:
          'Annotations in COCO’s format and their pictures, a data.yaml, or a folder with one folder for each class.',
      }),
      val: dataSet.meta({ description: 'The same, to evaluate on.' }).optional(),
      ...pictureFields,
      ...data,
    }),
    recipe,
    ...(evaluation !== undefined && { evaluation: z.strictObject(evaluation).optional() }),
    weights: startSchema
      .meta({
        description: 'Trained weights to begin with: a checkpoint, a model’s folder, or a name of icconv models list.',
        examples: [{ file: 'torchvision/resnet50-v2' }],
      })
      .optional(),
    output: z.string().meta({ description: 'Folder of the run.' }),
  });
  return withPresets(presets, schema);
}

/** A training's configuration as its schema gives it. */
export type TrainingConfig<T extends TaskTypes = TaskTypes> = z.output<ReturnType<typeof trainingSchema<T>>>;

export interface NetworkForData<T extends TaskTypes> extends ChosenNetwork<T> {
  readonly recipe: T['recipe'];
}

/**
 * The network and recipe of a configuration, for the data set to learn from.
 *
 * @param file - the configuration's, which the paths in it are relative to.
 * @throws ConfigError where a value does not fit.
 */
export async function networkForData<T extends TaskTypes>(
  task: Task<T>,
  { model, data, recipe }: Pick<TrainingConfig<T>, 'model' | 'data' | 'recipe'>,
  dataset: CocoDataset,
  file: string,
): Promise<NetworkForData<T>> {
  const { backbone, pattern, super: wide, config: changes, ...rest } = model;
  const chosen = await backboneOf(file, { backbone, pattern, super: wide });
  const network = task.training.settings.network({ model: rest, data, file }, chosen, dataset);
  const changed = changedModel(task, network.model, changes, { file, place: 'model.config' });
  const fitted = network.fit?.(changed);
  return {
    ...network,
    model: fitted?.model ?? changed,
    notes: [...network.notes, ...(fitted === undefined ? [] : [fitted.note])],
    recipe,
  };
}

/** The same with the network of a trained model's folder, and its classes, instead of the configuration's. @throws ModelFileError */
export async function networkOfFolder<T extends TaskTypes>(
  task: Task<T>,
  folder: string,
  { recipe }: Pick<TrainingConfig<T>, 'recipe'>,
): Promise<NetworkForData<T>> {
  const { model } = await readModel(task, folder);
  return { model, recipe, categoryIds: () => undefined, notes: [] };
}

/** What differs from a preset, by the places of a configuration file. */
export interface PresetChanges {
  readonly model?: object;
  readonly data?: object;
  readonly recipe?: object;
}

/**
 * A preset's network and recipe for a data set, from code.
 *
 * @param changes - as `{ recipe: { epochs: 3 } }`.
 * @throws ConfigError where a value does not fit.
 * @example
 * ```ts
 * const { model, recipe } = await presetFor(DETECTION, 'small', dataset, { recipe: { epochs: 3 } });
 * ```
 */
export async function presetFor<T extends TaskTypes>(
  task: Task<T>,
  preset: string,
  dataset: CocoDataset,
  changes: PresetChanges = {},
): Promise<NetworkForData<T>> {
  const place = `preset ${preset}`;
  const data = { train: { annotations: '' }, ...changes.data };
  const result = trainingSchema(task).safeParse({ preset, output: '', ...changes, data });
  if (result.success) return networkForData(task, result.data, dataset, place);
  throw new ConfigError(
    result.error.issues.map(({ path, message }) => `${place}: ${path.join('.')}: ${message}`).join('\n'),
  );
}

/** Where a configuration's training begins. */
export function startOf(file: string, { weights }: Pick<TrainingConfig, 'weights'>): StartFrom | undefined {
  if (weights === undefined) return undefined;
  const { file: from, ...rest } = weights;
  const beside = besideConfig(file, from);
  // What is no file may be a name of the zoo.
  return { ...rest, from: existsSync(beside) ? beside : from };
}

/** @throws {@link ConfigError} for a pattern that cannot be read. */
async function backboneOf(
  file: string,
  { backbone, pattern, super: wide }: z.output<z.ZodObject<typeof backboneFields>>,
): Promise<ResNetConfig> {
  if (wide !== undefined) {
    if (pattern !== undefined) throw new ConfigError(`${file}: model: expected either pattern or super, not both`);
    return { ...backbone, conv: { kind: 'super', size: 2 * wide.maxDilation + 1 } };
  }
  if (pattern === undefined) return backbone;
  if (typeof pattern === 'string') return { ...backbone, conv: { kind: 'inception', pattern } };
  if ('manual' in pattern) return withManualPattern(backbone, pattern.manual);
  const path = besideConfig(file, pattern.file);
  const text = await readText(path).catch((error: Error) => {
    throw new ConfigError(`${file}: model.pattern.file: ${error.message}`, { cause: error });
  });
  return { ...backbone, conv: { kind: 'inception', pattern: parsePattern(text, { file: path }) } };
}
