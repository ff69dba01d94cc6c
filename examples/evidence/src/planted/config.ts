/** The configuration of the planted experiment. */
import { readText } from '@icconv/base/files';
import { parse } from 'yaml';
import { z } from 'zod';
import { METHODS as COMPARED } from '../methods';

/** `planted` cuts by the answer itself: as good as any choice can be. */
const METHODS = ['planted', ...COMPARED] as const;
export type Method = (typeof METHODS)[number];

const share = z.number().min(0).max(1);

export const plantedSchema = z.strictObject({
  data: z.strictObject({
    /** Height and width of the pictures. */
    side: z.int().min(3),
    channels: z.int().min(1),
    /** Output maps; each has a dilation of its own. */
    groups: z.int().min(1),
    maxDilation: z.int().min(2).max(8),
    /** Mean of the pixels, whose deviation is 1. */
    mean: z.number(),
    testBatches: z.int().min(1),
  }),
  /** Hidden channels that each output map reads. */
  channelsPerGroup: z.int().min(1),
  seeds: z.array(z.int()).min(1),
  methods: z.array(z.enum(METHODS as unknown as [Method, ...Method[]])).min(1),
  training: z.strictObject({
    batchSize: z.int().min(1),
    learningRate: z.number().positive(),
    weightDecay: z.number().min(0),
    /** Updates of the super-network, or of the search of DARTS and SPOS. */
    superSteps: z.int().min(1),
    /** Updates of each network after the cut; `plain-scratch` gets both. */
    steps: z.int().min(1),
    stepsPerEpoch: z.int().min(1),
  }),
  /** Batches that objectives on data see. */
  statisticsBatches: z.int().min(1),
  /** Evolution over sampled patterns, as in single path one-shot. */
  spos: z.strictObject({
    population: z.int().min(4),
    generations: z.int().min(1),
    mutation: share,
    batches: z.int().min(1),
  }),
  /** What counts as a win, said before the run. */
  win: z.strictObject({
    /** Least share of channels, weighted by what they contribute, with the planted dilation. */
    recovery: share,
    /** Plain networks stay within this distance of an accuracy of one half. */
    chance: share,
    /** Most that the selection may cost, as a share of the search of DARTS and of SPOS. */
    cost: share,
  }),
  output: z.string(),
  results: z.string(),
  picture: z.string(),
});

export type Planted = z.output<typeof plantedSchema>;

/** @throws ZodError that names the place of every value that is not allowed; FileError. */
export async function readPlanted(path: string): Promise<Planted> {
  return plantedSchema.parse(parse(await readText(path, { maxBytes: 1024 * 1024 })));
}
