/** The configuration of a starved setting. */
import { changesOf } from '@icconv/base/config';
import { DETECTION } from '@icconv/detection/node';
import { backboneSchema } from '@icconv/models/schema';
import { POSE } from '@icconv/pose/node';
import type { Task } from '@icconv/task';
import { z } from 'zod';
import { METHODS, type Method } from '../methods';
import type { SceneKind } from './dataset';

type TaskName = 'detection' | 'pose';
export const TASKS: Record<TaskName, Task> = { detection: DETECTION as never, pose: POSE as never };

const count = z.int().min(1);
const share = z.number().min(0).max(1);
/** Pictures to train on and to test. */
const counts = { train: count, test: count, folder: z.string() };
const cocoData = z.strictObject({ annotations: z.string(), images: z.string() });
/** Data that are there, in COCO's format. */
const files = z.strictObject({ kind: z.literal('files'), train: cocoData, test: cocoData });

function settingOf<Name extends TaskName, Kind extends SceneKind, Example extends 'digits' | 'figures'>(
  name: Name,
  kinds: readonly [Kind, ...Kind[]],
  example: Example,
) {
  const { model, training } = TASKS[name];
  const { recipe } = training.settings;
  return z.strictObject({
    task: z.literal(name),
    data: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.enum(kinds as unknown as [Kind, ...Kind[]]),
        side: z.int().min(64),
        heights: z.tuple([z.number().min(8), z.number()]),
        count: z.tuple([count, count]),
        ...counts,
      }),
      /** Scenes of the example of that name. */
      z.strictObject({ kind: z.literal(example), ...counts }),
      files,
    ]),
    model: z.strictObject({
      backbone: backboneSchema.omit({ conv: true }),
      maxDilation: z.int().min(2).max(8),
      /** What differs from the task's own configuration. */
      config: changesOf(model.configSchema, model.fixed).default({}),
    }),
    /** Strength of the super-kernels' first weights, as a share of the usual one. */
    superScale: z.number().positive().max(1),
    /**
     * Largest dilations that the super-kernels have room for before the model's own, ascending, each for an equal share of the super-network's
     * epochs: [1] trains the plain network first. New taps begin at zero.
     */
    growth: z.array(count).exactOptional(),
    /** `tapPenalty` of the super-network's recipe alone. */
    tapPenalty: z.number().positive().exactOptional(),
    seeds: z.array(z.int()).min(1),
    methods: z.array(z.enum(METHODS as unknown as [Method, ...Method[]])).min(1),
    superRecipe: recipe,
    /** Of every network after the cut. `plain-scratch` is trained as the super-network is, for the epochs of both. */
    recipe,
    /** Updates of the super-network after which the search is asked what it would choose. */
    readiness: z.array(z.int().min(0)),
    /** Training pictures that objectives on data see. */
    statisticsImages: count,
    /** Evolution of `spos`, which values a pattern by the loss of so many training pictures. */
    spos: z
      .strictObject({ population: z.int().min(4), generations: count, mutation: share, pictures: count })
      .exactOptional(),
    /**
     * Largest sizes in pixels, ascending, of the classes of size that AP is told for: heights in scenes of this folder, elsewhere the root of
     * an object's area.
     */
    sizes: z.array(z.number().positive()).min(1),
    /** What counts as a win, said before the run. */
    win: z.strictObject({
      /** Of these the best counts. */
      of: z.array(z.enum(METHODS as unknown as [Method, ...Method[]])).min(1),
      /** By so many deviations of the differences paired by seed. */
      deviations: z.number().positive(),
      /** Most that the choice may cost, as a share of the search of DARTS and of SPOS. */
      cost: share.exactOptional(),
    }),
    output: z.string(),
    /** Where super-networks are, those of another configuration that trains them alike. @defaultValue `output` */
    superOutput: z.string().exactOptional(),
    results: z.string(),
    picture: z.string(),
  });
}

export const starvedSchema = z.discriminatedUnion('task', [
  settingOf('detection', ['boats', 'gates'], 'digits'),
  settingOf('pose', ['puppets', 'cloaks'], 'figures'),
]);

export type Starved = z.output<typeof starvedSchema>;
