/** The configuration file of `icconv train detection`. */
import { readFile } from 'node:fs/promises';
import { type FasterRcnnConfig, fasterRcnnConfig, PRESETS, type Preset } from '@icconv/detection';
import { configSchema } from '@icconv/detection/node';
import { parsePattern } from '@icconv/inception-conv';
import { PATTERN_NAMES, type PatternName, type ResNetConfig, withManualPattern } from '@icconv/models';
import { backboneSchema } from '@icconv/models/files';
import { z } from 'zod';
import { ConfigError } from '../config/read-config';
import { besideConfig, cocoData, recipeFields, underneath } from '../config/recipe';

const patternSchema = z.union([
  /** By the advice of the method's author, see `withManualPattern`. */
  z.strictObject({ manual: z.strictObject({ maxDilation: z.int().min(1).max(16) }) }),
  z.strictObject({ file: z.string() }),
  z.enum(PATTERN_NAMES as unknown as readonly [PatternName, ...PatternName[]]),
]);

const modelSchema = z.strictObject({
  /** Whose conventions. */
  preset: z.enum(PRESETS as unknown as readonly [Preset, ...Preset[]]).default('torchvision'),
  backbone: backboneSchema.omit({ conv: true }),
  /** Dilations of the backbone's 3x3 convolutions; plain without. */
  pattern: patternSchema.optional(),
  /** What differs from the preset, by the names of `FasterRcnnConfig`. */
  config: z.record(z.string(), z.unknown()).default({}),
});

const schema = z.strictObject({
  preset: z.string().optional(),
  model: modelSchema,
  data: z.strictObject({
    train: cocoData,
    val: cocoData.optional(),
    /** Names of the classes to learn; all categories by default. */
    classes: z.array(z.string()).min(1).optional(),
  }),
  recipe: z.strictObject({
    ...recipeFields,
    momentum: z.number().min(0).lt(1).optional(),
    decayNorms: z.boolean().optional(),
    freezeAt: z.literal([0, 1, 2, 3, 4, 5]).optional(),
    norms: z.enum(['train', 'eval', 'frozen']).optional(),
    groupByAspect: z.boolean().optional(),
    skipEmpty: z.boolean().optional(),
  }),
  /** Start: a checkpoint of a whole detector, or of a backbone. */
  weights: z.strictObject({ file: z.string(), part: z.enum(['detector', 'backbone']).default('detector') }).optional(),
  /** Folder of the run. */
  output: z.string(),
});

/** Recipes under a name; a file that names one gives what differs. */
export const DETECTION_PRESETS: Readonly<Record<string, object>> = {
  // The schedule that published numbers have: 16 pictures a batch, 12 epochs, from an ImageNet backbone.
  'coco-1x': {
    model: { preset: 'mmdetection', backbone: { depth: 50 } },
    recipe: {
      epochs: 12,
      batchSize: 16,
      learningRate: 0.02,
      schedule: { kind: 'multiStep', milestones: [8, 11] },
      warmUpSteps: 500,
      weightDecay: 1e-4,
      freezeAt: 2,
      norms: 'eval',
    },
  },
  // Trains from scratch on a laptop: a quarter of ResNet-18's width squared, light pyramid and head, half resolution.
  small: {
    model: {
      backbone: { block: 'basic', blocks: [2, 2, 2, 2], width: 32 },
      config: {
        fpnChannels: 64,
        input: { minSize: 240, maxSize: 320 },
        rpn: {
          anchors: { sizes: [[16], [32], [64], [96], [128]], ratios: [0.5, 1, 2], rounded: false },
          train: { preNmsTopN: 500, postNmsTopN: 300 },
          test: { preNmsTopN: 300, postNmsTopN: 150 },
          sampler: { perImage: 128 },
        },
        roi: {
          aligned: true,
          hidden: 192,
          levelRule: { canonicalSize: 48, canonicalLevel: 1 },
          sampler: { perImage: 128 },
        },
      },
    },
    recipe: {
      epochs: 16,
      batchSize: 2,
      learningRate: 0.02,
      clipNorm: 10,
      augment: { flip: 0.5 },
      evaluateEvery: 2,
    },
  },
};

/** With the values of its preset underneath. */
export const detectionConfigSchema = z.preprocess((value, context) => {
  const name = (value as { preset?: unknown } | null)?.preset;
  if (name === undefined) return value;
  const preset = typeof name === 'string' ? DETECTION_PRESETS[name] : undefined;
  if (preset !== undefined) return underneath(preset, value);
  const known = `expected one of ${Object.keys(DETECTION_PRESETS).join(', ')}`;
  context.issues.push({ code: 'custom', path: ['preset'], message: known, input: name });
  return value;
}, schema);

export type DetectionConfig = z.output<typeof schema>;

/** The network of a configuration file. @throws {@link ConfigError} where a value does not fit the network. */
export async function networkOf(file: string, { model }: DetectionConfig, classes: number): Promise<FasterRcnnConfig> {
  const backbone = await backboneOf(file, model);
  const base = fasterRcnnConfig({ backbone, classes, preset: model.preset });
  // The backbone has been checked; its pattern is no longer in a file's format.
  const merged = { ...(underneath(base, model.config) as object), backbone: {}, classes };
  const result = configSchema.safeParse(merged);
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) => `${file}: model.config.${path.join('.')}: ${message}`,
    );
    throw new ConfigError(faults.join('\n'));
  }
  return { ...(result.data as FasterRcnnConfig), backbone };
}

async function backboneOf(file: string, { backbone, pattern }: DetectionConfig['model']): Promise<ResNetConfig> {
  const plain = backbone as ResNetConfig;
  if (pattern === undefined) return plain;
  if (typeof pattern === 'string') return { ...plain, conv: { kind: 'inception', pattern } };
  if ('file' in pattern) {
    const path = besideConfig(file, pattern.file);
    const text = await readFile(path, 'utf8').catch((error: Error) => {
      throw new ConfigError(`${file}: model.pattern.file: ${error.message}`, { cause: error });
    });
    return { ...plain, conv: { kind: 'inception', pattern: parsePattern(text, { file: path }) } };
  }
  return withManualPattern(plain, pattern.manual);
}
