/** What the command line adds to a task: its flags, its table, its drawing. */
import type { DecodedImage } from '@icconv/base/pictures';
import type { CocoId } from '@icconv/coco';
import type { StateDict } from '@icconv/models';
import type { PictureResult, RemoteRunnerOptions, RemoteSource, Runner, Task, TaskTypes } from '@icconv/task';
import type { Command } from 'commander';
import type { z } from 'zod';

export interface TaskCommand<T extends TaskTypes = TaskTypes> {
  readonly task: Task<T>;
  /** The command that runs it over pictures: `detect`. */
  readonly verb: string;
  /** `find objects in pictures`. */
  readonly description: string;
  /** For the progress bar: `detecting`. */
  readonly title: string;
  /** What the overlays show: `boxes`. */
  readonly drawn: string;
  /** What the file of `--out` holds: `detections`. */
  readonly found: string;
  /** `train Faster R-CNN on data in COCO format`. */
  readonly training: string;
  /** Taken where no model is named. */
  readonly defaultModel: string;
  /** Flags of a run over pictures, and of one over a data set; both go to the functions below. */
  withRunFlags(command: Command): Command;
  withCallFlags(command: Command): Command;
  /** Flags of a checkpoint without a description. */
  withCheckpointFlags(command: Command): Command;
  /** Options of a call. */
  callOf(flags: Flags): T['options'];
  checkpointOf(flags: Flags): T['checkpoint'];
  /** A network in processes of its own. */
  remote(source: RemoteSource<T>, options: RemoteRunnerOptions): Promise<Runner<T>>;
  /** For a server: the flags of a call as parameters of an address, and what comes back. */
  readonly served: {
    readonly query: z.ZodType<Flags>;
    readonly answer: z.ZodType<T['result']>;
  };
  readonly table: {
    readonly head: readonly string[];
    rows(result: T['result'], flags: Flags): readonly (readonly string[])[];
    /** Where nothing was found. */
    readonly nothing: string;
  };
  /** A picture with what was found drawn over it, encoded. */
  draw(
    picture: DecodedImage,
    result: T['result'],
    model: T['model'],
    how: { readonly flags: Flags; readonly format: 'png' | 'jpg' },
  ): Promise<Buffer>;
  /** Annotations and pictures of the published figures, as their own archives hold them; of folders of classes `annotations` alone. */
  readonly validation: { readonly of: 'coco' | 'imagenet'; readonly annotations: string; readonly images?: string };
  /** The whole network as an ONNX model; of a task without it, its backbone is all that can be exported. */
  exportOnnx?(weights: Readonly<StateDict>, model: T['model']): Promise<Uint8Array>;
  /** The published protocol. */
  readonly published: {
    /** The row's figures that a run by these flags is to give. */
    figures(flags: Flags): readonly PublishedFigure[];
    readonly maxDetections?: number;
    /** Of the classes, in these annotations. @defaultValue found by name */
    categoryIds?(model: T['model']): readonly (CocoId | undefined)[];
  };
}

export interface PublishedFigure {
  /** `box AP`. */
  readonly metric: string;
  /** Its name in a row. */
  readonly name: string;
  /** Its name among those of an evaluation; left out where an evaluation has none of that name. */
  readonly stat: string;
  /** How it was tested: `flip, one scale`. */
  readonly test?: string;
}

/** Values of flags by their names, as commander gives them. */
export type Flags = Readonly<Record<string, unknown>>;

/** A task whose types the caller need not know. */
export type AnyTaskCommand = TaskCommand<TaskTypes & { readonly result: PictureResult }>;

/** Tasks differ in their types, and what runs them needs none of these. */
export const anyTask = <T extends TaskTypes>(command: TaskCommand<T>): AnyTaskCommand =>
  command as unknown as AnyTaskCommand;
