/** Configuration files: YAML (so JSON too), checked against a schema, with errors that name file, line and what is allowed. */
import type { Document, LineCounter } from 'yaml';
import type { z } from 'zod';
import { FileError } from '../errors/file-errors';
import { readText } from '../files/read-file';
import { ConfigError } from './config-error';
import { suggestion } from './suggestion';

/** Far above any configuration; a larger file is another one by mistake. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads and checks a configuration file.
 *
 * @param file - undefined where overrides say all.
 * @param overrides - `recipe.epochs=3`: places in the file, or new ones, with values as they would stand there.
 * @throws {@link ConfigError} with one line for each problem: `train.yaml:7: recipe.learningRate: expected number, received string`;
 *   where the value came from an override, `--set recipe.learningRate=x` in place of file and line.
 */
export async function readConfig<T extends z.ZodType>(
  file: string | undefined,
  schema: T,
  overrides: readonly string[] = [],
): Promise<z.output<T>> {
  const text = file === undefined ? '' : await readText(file, { maxBytes: MAX_BYTES }).catch(unreadable(file));
  // As late as this: most programs that import this package read no configuration.
  const source = new ConfigSource(file ?? 'configuration', text, await import('yaml'));
  for (const override of overrides) source.override(override);
  const result = schema.safeParse(source.values());
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return `${source.place(issue.path)}${named(issue.path)}${plain(issue.message)}`;
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${source.place(path)}${named(path)}unknown${suggestion(schema, path)}`;
    });
  });
  throw new ConfigError(problems.join('\n'));
}

/** Without what stands before every message about a value. */
const plain = (message: string): string => message.replace(/^(?:Invalid input|Invalid option): /, '');

const named = (path: readonly PropertyKey[]): string => (path.length === 0 ? '' : `${path.join('.')}: `);

const unreadable = (file: string) => (error: unknown) => {
  if (!FileError.isInstance(error)) throw error;
  throw new ConfigError(`${file}: cannot be read: ${(error as FileError).reason}`, { cause: error });
};

/** The text, the values in it and where each stands. */
class ConfigSource {
  readonly #file: string;
  readonly #yaml: typeof import('yaml');
  readonly #lines: LineCounter;
  readonly #document: Document.Parsed;
  /** Places that overrides gave a value, and the overrides as they were written. */
  readonly #overridden: { readonly path: readonly string[]; readonly text: string }[] = [];

  constructor(file: string, text: string, yaml: typeof import('yaml')) {
    this.#file = file;
    this.#yaml = yaml;
    this.#lines = new yaml.LineCounter();
    try {
      this.#document = yaml.parseDocument(text, { lineCounter: this.#lines });
    } catch (error) {
      // The parser calls itself for each level of nesting.
      throw new ConfigError(`${file}: is nested too deeply`, { cause: error });
    }
    const broken = this.#document.errors[0];
    if (broken === undefined) return;
    throw new ConfigError(`${file}:${this.#lines.linePos(broken.pos[0]).line}: ${broken.message.split('\n')[0]}`);
  }

  override(text: string): void {
    const [, place, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
    if (place === undefined) throw new ConfigError(`--set ${text}: expected a place and a value, as recipe.epochs=3`);
    const path = place.split('.');
    try {
      this.#document.setIn(path, this.#yaml.parse(value!));
    } catch (error) {
      throw new ConfigError(`--set ${text}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
    }
    this.#overridden.unshift({ path, text });
  }

  values(): unknown {
    try {
      return this.#document.toJS() ?? {};
    } catch (error) {
      // Aliases of aliases: a few lines can stand for more values than there is memory.
      throw new ConfigError(`${this.#file}: its aliases cannot be resolved: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** `file:line: ` of the nearest part of the path that stands in the file, or `--set place=value: `. */
  place(path: readonly PropertyKey[]): string {
    const override = this.#overridden.find(({ path: set }) => set.every((part, i) => part === String(path[i])));
    if (override !== undefined) return `--set ${override.text}: `;
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
      if (node?.range !== undefined && node.range !== null) {
        return `${this.#file}:${this.#lines.linePos(node.range[0]!).line}: `;
      }
    }
    return `${this.#file}:1: `;
  }
}
