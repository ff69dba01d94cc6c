/** The configuration of a search, as files give it. The one declaration: its types are read off the schema. */
import { schemaOf } from '@icconv/base';
import { backboneSchema } from '@icconv/models/schema';
import { z } from 'zod';
import { MAX_DILATION_SEARCH } from '../geometry/limits';
import { OBJECTIVES, type ObjectiveName } from '../objectives/objective';
import { DEFAULT_INPUT_SIZE, type SearchConstraints } from '../search/search-backbone';

const side = z
  .int()
  .min(1)
  .max(2 ** 13);
const pair = z.tuple([side, side]);
const share = z.number().min(0).max(1);

/** Pictures for the objectives on data, resized and normalised as torchvision's detectors do. */
const data = z.strictObject({
  /** Folder of pictures. */
  images: z.string(),
  /** The first so many of them, by name. */
  count: side.default(16),
  /** Pixels of the shorter side, unless the longer one would exceed `maxSize`. */
  minSize: side.default(320),
  maxSize: side.default(640),
  /** What happens to pictures that cannot be read. */
  onUnreadable: z.enum(['stop', 'skip']).exactOptional(),
  /** Take damaged pictures as far as they can be read, the rest grey. */
  tolerateDamage: z.boolean().exactOptional(),
});

const constraints = schemaOf<SearchConstraints>()(
  z.strictObject({
    symmetric: z.boolean().exactOptional(),
    receptiveField: z.union([side, pair]).exactOptional(),
    maxDistinct: side.exactOptional(),
    shares: z
      .array(z.strictObject({ dilation: pair, min: share.exactOptional(), max: share.exactOptional() }))
      .exactOptional(),
    latencyMs: z.number().positive().exactOptional(),
  }),
);

/** How to search, whatever the super-network comes from. */
export const searchFields = {
  /** Heading of the report. */
  title: z.string().exactOptional(),
  objective: z.enum(Object.keys(OBJECTIVES) as [ObjectiveName, ...ObjectiveName[]]).default('weight-l1'),
  data: data.exactOptional(),
  constraints: constraints.default({}),
  /** [height, width] that costs are counted and measured for. */
  inputSize: pair.default([...DEFAULT_INPUT_SIZE]),
} as const;

export const searchSchema = z.strictObject({
  ...searchFields,
  /** The trained super-network: safetensors or PyTorch. */
  weights: z.string(),
  /** Python functions and classes that the file need not be refused for: kept closed, never run. */
  opaqueClasses: z.array(z.string()).exactOptional(),
  /** What stands before the backbone's names in it, such as `backbone.body.` in a detector. */
  prefix: z.string().default(''),
  /** The plain network. */
  backbone: backboneSchema.omit({ conv: true }),
  /** The super-kernels' side is 2*maxDilation + 1. */
  maxDilation: z.int().min(1).max(MAX_DILATION_SEARCH),
  /** Which convolutions have super-kernels; the second of every block by default. */
  layers: z.array(z.string()).min(1).exactOptional(),
  output: z.string(),
});

/** With the folder of a model, which says the rest: only how to search. */
export const modelSearchSchema = z.strictObject({ ...searchFields, output: z.string().exactOptional() });

export type SearchConfig = z.output<typeof searchSchema>;

/** What {@link runSearch} is told: `searchFields`, each with its default. */
export type SearchSettings = Partial<Readonly<z.output<z.ZodObject<typeof searchFields>>>>;

export type PictureSettings = NonNullable<SearchSettings['data']>;
