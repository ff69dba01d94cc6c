/** The schema of a backbone's configuration, for files: what `BackboneConfig` is in types. */
import { schemaOf } from '@icconv/base';
import { type DilationPattern, formatPattern, parsePattern } from '@icconv/inception-conv';
import * as z from 'zod';
import { PATTERN_NAMES, type PatternName } from '../config/pattern-names';
import type { BackboneConfig } from '../config/resnet-config';

// Limits: `resolveResNet` and `resnetShapes` hold every description to those that depend on several values.
const whole = z.int().min(1).max(65536);
const stage = z.int().min(1).max(1024);
const blocks = z.tuple([stage, stage, stage, stage]);
/** Of a super-kernel: covers dilations up to 64. */
const side = z.int().min(1).max(129);

/** A published pattern's name, or a pattern in one of its file formats. */
const pattern = z.union([
  z.enum(PATTERN_NAMES as unknown as readonly [PatternName, ...PatternName[]]),
  z.unknown().transform((value, context): DilationPattern => {
    try {
      return parsePattern(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  }),
]);

const layers = z.array(z.string()).exactOptional();
const conv = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('plain') }),
  z.strictObject({ kind: z.literal('inception'), pattern, layers }),
  z.strictObject({ kind: z.literal('super'), size: side, layers }),
]);

export const backboneSchema = schemaOf<BackboneConfig>()(
  z.strictObject({
    depth: z.literal([18, 34, 50, 101, 152]).exactOptional(),
    block: z.enum(['basic', 'bottleneck']).exactOptional(),
    blocks: blocks.exactOptional(),
    width: whole.exactOptional(),
    groups: whole.exactOptional(),
    groupWidth: whole.exactOptional(),
    stridePlacement: z.enum(['pytorch', 'caffe']).exactOptional(),
    conv: z.union([conv, z.array(conv)]).exactOptional(),
    batchNormEpsilon: z.number().min(0).lt(1).exactOptional(),
  }),
);

/** The configuration with its patterns in the readable file format, as {@link backboneSchema} reads it. */
export function backboneToJson(backbone: BackboneConfig): unknown {
  if (backbone.conv === undefined) return backbone;
  const choices = [backbone.conv].flat().map((choice) => {
    if (choice.kind !== 'inception' || typeof choice.pattern === 'string') return choice;
    return { ...choice, pattern: JSON.parse(formatPattern(choice.pattern)) as unknown };
  });
  return { ...backbone, conv: choices.length === 1 ? choices[0] : choices };
}
