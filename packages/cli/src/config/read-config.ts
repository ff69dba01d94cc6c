/** Configuration files: YAML (so JSON too), checked against a schema, with errors that name file, line and what is allowed. */
import { readFile } from 'node:fs/promises';
import { VisionError } from '@icconv/tensor-ops';
import { LineCounter, parse, parseDocument } from 'yaml';
import type { z } from 'zod';

/** A configuration that cannot be used. */
export class ConfigError extends VisionError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_CONFIG', message, options);
  }
}

/**
 * Reads and checks a configuration file.
 *
 * @param overrides - `recipe.epochs=3`: places in the file, or new ones, with values as they would stand there.
 * @throws {@link ConfigError} with one line for each problem: `train.yaml:7: recipe.learningRate: expected number, received string`.
 */
export async function readConfig<T extends z.ZodType>(
  file: string,
  schema: T,
  overrides: readonly string[] = [],
): Promise<z.output<T>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file}: cannot be read: ${(error as Error).message}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined)
    throw new ConfigError(`${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message.split('\n')[0]}`);
  for (const override of overrides) {
    const [, path, value] = /^([\w.-]+)=(.*)$/s.exec(override) ?? [];
    if (path === undefined)
      throw new ConfigError(`--set ${override}: expected a place and a value, as recipe.epochs=3`);
    document.setIn(path.split('.'), parse(value!));
  }
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const lineOf = (path: readonly PropertyKey[]): number => {
    // The nearest part of the path that stands in the file.
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
      if (node?.range !== undefined && node.range !== null) return lines.linePos(node.range[0]!).line;
    }
    return 1;
  };
  const problems = result.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const path = [...issue.path, ...unknown.slice(0, 1)];
    const message =
      unknown.length > 0 ? `unknown${unknown.length > 1 ? `, as ${unknown.slice(1).join(', ')}` : ''}` : issue.message;
    return `${file}:${lineOf(path)}: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`;
  });
  throw new ConfigError(problems.join('\n'));
}

/** For options that may be repeated. */
export const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];
