/** The backbone of a training's configuration file: a ResNet, and the dilations of its 3x3 convolutions. */
import { besideConfig, ConfigError } from '@icconv/base/config';
import { readText } from '@icconv/base/files';
import { parsePattern } from '@icconv/inception-conv';
import { PATTERN_NAMES, type PatternName, type ResNetConfig, withManualPattern } from '@icconv/models';
import { backboneSchema } from '@icconv/models/files';
import { z } from 'zod';

const patternSchema = z.union([
  /** By the advice of the method's author, see `withManualPattern`. */
  z.strictObject({ manual: z.strictObject({ maxDilation: z.int().min(1).max(16) }) }),
  z.strictObject({ file: z.string() }),
  z.enum(PATTERN_NAMES as unknown as readonly [PatternName, ...PatternName[]]),
]);

export const backboneFields = {
  backbone: backboneSchema.omit({ conv: true }),
  /** Dilations of the backbone's 3x3 convolutions; plain without. */
  pattern: patternSchema.exactOptional(),
} as const;

type BackboneFields = z.output<z.ZodObject<typeof backboneFields>>;

/** @throws {@link ConfigError} for a pattern that cannot be read. */
export async function backboneOf(file: string, { backbone, pattern }: BackboneFields): Promise<ResNetConfig> {
  if (pattern === undefined) return backbone;
  if (typeof pattern === 'string') return { ...backbone, conv: { kind: 'inception', pattern } };
  if ('file' in pattern) {
    const path = besideConfig(file, pattern.file);
    const text = await readText(path).catch((error: Error) => {
      throw new ConfigError(`${file}: model.pattern.file: ${error.message}`, { cause: error });
    });
    return { ...backbone, conv: { kind: 'inception', pattern: parsePattern(text, { file: path }) } };
  }
  return withManualPattern(backbone, pattern.manual);
}
