/**
 * What running a network takes, wherever that is: its description, its weights from an open file, one picture through it. Free of Node, so that
 * a task's description begins with it in browsers too.
 */
import type { DecodedImage } from '@icconv/base/pictures';
import type { CompileOptions, ResNetConfig, StateDict } from '@icconv/models';
import type { ReadWeightsOptions } from '@icconv/models/files';
import type { Steps } from '@icconv/tensor-ops';
import type { WeightFile } from '@icconv/tensor-ops/state-dict';
import type { z } from 'zod';
import type { NetworkOptions } from './call-options';

/** What `model.json` says of a network: all but its weights. Plain data. */
export interface TaskModel {
  readonly config: { readonly backbone: ResNetConfig };
  /** Names of the classes by number, of tasks that have classes. */
  readonly classes?: readonly string[];
}

/** What was found in one picture. */
export interface PictureResult {
  /** Of the picture, upright by its EXIF orientation; pixels. */
  readonly width: number;
  readonly height: number;
  /** Only with `onError: 'report'`: why this picture could not be read. It has no size then, and nothing was found in it. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** The types of a network, so that one parameter stands for all. */
export interface NetworkTypes {
  readonly model: TaskModel;
  /** Made ready for inference. */
  readonly network: { dispose(): void };
  readonly result: PictureResult;
  /** Of a call. */
  readonly options: NetworkOptions;
}

export interface NetworkTask<T extends NetworkTypes = NetworkTypes> {
  /** `detection`. */
  readonly name: string;
  /** What one network of it is called: `detector`. */
  readonly noun: string;

  /** `model.json`. */
  readonly model: {
    /** `icconv-detector/1`. */
    readonly format: string;
    /** Of what the file holds besides the format. */
    readonly schema: z.ZodType<T['model']>;
  };

  readonly weights: {
    /** From an open file, which stays open. @throws as `readStateDict`. */
    read(file: WeightFile, model: T['model'], options?: ReadWeightsOptions): Promise<StateDict>;
  };

  readonly inference: {
    /** What a call does, for messages: `detect`. */
    readonly verb: string;
    /** @throws InvalidArgumentError for options that cannot be, or a network that cannot be run. */
    check(options: T['options'], model: T['model']): void;
    /** @param weights - stay the caller's. */
    compile(weights: Readonly<StateDict>, model: T['model'], options?: CompileOptions): T['network'];
    /**
     * One picture, to results in its own pixels. Always one: in a batch each would see the padding that another's size needs, and kernels
     * choose how to compute by the size of the whole batch, so that results would depend on the company. In steps, for a page has to wait for
     * numbers between them.
     */
    run(network: T['network'], picture: DecodedImage, model: T['model'], options: T['options']): Steps<T['result']>;
    /** A result in which nothing was found. */
    nothing(size: PictureResult): T['result'];
  };
}
