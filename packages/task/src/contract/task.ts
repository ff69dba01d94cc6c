/**
 * A task is one description: what its network is called, how its weights are made and read, what it finds in a picture, what it learns
 * from and how it is scored. Running (in this process or in another), model folders, the zoo, training and evaluation are written once
 * over it.
 */
import type { CocoDataset, CocoDetection, CocoId, DataReportOptions } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import type { FreezingConfig, ResNetConfig, StateDict, TrainableParts } from '@icconv/models';
import type { LoadWeightsOptions } from '@icconv/models/files';
import type { SaveStateDictOptions } from '@icconv/tensor-ops/weights';
import type { Optimizer, Random, StepResult, TrainingRecipe } from '@icconv/training';
import type { Batch, LoaderOptions, Metrics, Sample, SampleSource } from '@icconv/training/node';
import type { z } from 'zod';
import type { CallOptions } from './call-options';
import type { NetworkTask, NetworkTypes } from './network-task';
import type { ZooRow } from './zoo-row';

export interface TaskRecipe extends TrainingRecipe, FreezingConfig {
  /** Leave out pictures without an object. @defaultValue `false`: they teach what is background */
  readonly skipEmpty?: boolean;
  /** Weight of a group lasso on the taps of super-kernels, each of an output channel a group: the search then loses less. @defaultValue none */
  readonly tapPenalty?: number;
}

/** The types of a task, so that one parameter stands for all. */
export interface TaskTypes extends NetworkTypes {
  /** Of a call. */
  readonly options: CallOptions;
  /** What has to be known of a bare checkpoint besides its backbone. */
  readonly checkpoint: object;
  readonly sample: Sample;
  readonly recipe: TaskRecipe;
  /** What the metric gives. */
  readonly evaluation: { readonly stats: Readonly<Record<string, number>> };
}

/** A run's data, and the category of each of the network's classes in it; undefined for those that the data set lacks. */
export interface BoundData extends CocoData {
  readonly categoryIds: readonly (CocoId | undefined)[];
}

/** What a training configuration may say of one task. Values of zod objects. */
export interface TaskSettings<T extends TaskTypes> {
  /** Configurations under a name; a file that names one gives what differs. */
  readonly presets: Readonly<Record<string, object>>;
  /** Fields of `model`, besides backbone, pattern, super-kernels and what is changed of the configuration. */
  readonly model: z.ZodRawShape;
  /** Fields of `data`, besides the data sets and how their pictures are treated. */
  readonly data: z.ZodRawShape;
  /** Of `recipe`: `taskRecipeSchema`, and what the task adds. */
  readonly recipe: z.ZodType<T['recipe']>;
  /** How it is evaluated during the training; none without. */
  readonly evaluation?: z.ZodRawShape;
  /**
   * The network for some data, before what is changed of its configuration.
   *
   * @param chosen - what a configuration says, by the schemas above, and the file's name for messages.
   * @throws ConfigError where a value does not fit.
   */
  network(
    chosen: {
      readonly model: Readonly<Record<string, unknown>>;
      readonly data: Readonly<Record<string, unknown>>;
      readonly file: string;
    },
    backbone: ResNetConfig,
    dataset: CocoDataset,
  ): ChosenNetwork<T>;
}

export interface ChosenNetwork<T extends TaskTypes> {
  readonly model: T['model'];
  /** The categories that are chosen, in the order of the classes; undefined where they are found by the network's classes. */
  categoryIds(dataset: CocoDataset, use: DataReportOptions['use']): readonly CocoId[] | undefined;
  /**
   * The network fitted to the data, after what is changed of its configuration, and a line that tells it. @defaultValue it stays as it is
   */
  readonly fit?: (model: T['model']) => { readonly model: T['model']; readonly note: string };
  /** Lines to tell. */
  readonly notes: readonly string[];
}

export interface Task<T extends TaskTypes = TaskTypes> extends NetworkTask<T> {
  /** `model.json`. */
  readonly model: NetworkTask<T>['model'] & {
    /** Of the configuration in it, and which of its keys come from elsewhere and are not to be changed on their own: `backbone`. */
    readonly configSchema: z.ZodObject;
    readonly fixed: readonly string[];
    /** As the schema reads it. */
    toJson(model: T['model']): object;
    /**
     * What a checkpoint without a description is.
     *
     * @param backbone - as it was chosen; what is known of the checkpoint's batch norms is in it.
     */
    ofCheckpoint(
      checkpoint: T['checkpoint'],
      backbone: ResNetConfig,
      weights: string | Readonly<StateDict>,
      reading: LoadWeightsOptions,
    ): Promise<T['model']>;
  };

  readonly weights: NetworkTask<T>['weights'] & {
    /** What stands before the backbone's names. */
    readonly backbonePrefix: string;
    /** Random ones to begin with; the caller disposes them. */
    init(model: T['model'], options: { readonly seed: number }): StateDict;
    /** By the names and layouts of the library that the task follows. @returns the path written. */
    save(
      path: string,
      weights: Readonly<StateDict>,
      model: T['model'],
      options?: SaveStateDictOptions,
    ): Promise<string>;
  };

  /** Published checkpoints. */
  readonly zoo: readonly ZooRow<T['model']>[];

  readonly data: {
    /** What is learned and scored of an object. */
    kind(model: T['model']): DataReportOptions['task'];
    /**
     * The category of each of the network's classes.
     *
     * @param preferred - ids of the classes in another data set, where several categories have a name.
     * @throws InvalidArgumentError where data and network do not fit; in training also where a class is missing.
     */
    categories(
      dataset: CocoDataset,
      model: T['model'],
      use: DataReportOptions['use'],
      preferred?: readonly (CocoId | undefined)[],
    ): readonly (CocoId | undefined)[];
    samples(data: BoundData, recipe: T['recipe'], model: T['model']): SampleSource<T['sample']>;
  };

  readonly training: {
    /** @throws InvalidArgumentError for what cannot be trained. */
    check?(model: T['model'], recipe: T['recipe']): void;
    loader(
      model: T['model'],
      recipe: T['recipe'],
      source: SampleSource<T['sample']>,
    ): Partial<LoaderOptions<T['sample']>>;
    optimizer(recipe: T['recipe']): Optimizer;
    step(
      weights: Readonly<StateDict>,
      batch: Batch<T['sample']>,
      model: T['model'],
      parts: TrainableParts & { readonly random: Random; readonly recipe: T['recipe'] },
    ): StepResult;
    readonly settings: TaskSettings<T>;
  };

  readonly evaluation: {
    /** What was found in a picture, as COCO's results. */
    records(result: T['result'], imageId: CocoId, categoryIds: BoundData['categoryIds']): CocoDetection[];
    score(records: readonly CocoDetection[], data: BoundData, model: T['model'], how: ScoreOptions): T['evaluation'];
    /** Figures for logs and tables. */
    metrics(evaluation: T['evaluation']): Metrics;
    /** Which of them says what weights are best: the larger, the better. */
    readonly best: string;
    /** For people. */
    format(evaluation: T['evaluation'], model: T['model']): string;
  };
}

export interface ScoreOptions {
  /** Detections a picture that count. @defaultValue the metric's own */
  readonly maxDetections?: number;
}
