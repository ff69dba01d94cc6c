/** Options of every command that opens weights, and how messages of the library name them here. */
import { defined } from '@icconv/base';
import type { OptionHint } from '@icconv/tensor-ops';
import { type OpenWeightsOptions, WEIGHT_LIMITS, type WeightLimits } from '@icconv/tensor-ops/weights';
import { type Command, InvalidArgumentError } from 'commander';

export interface WeightFlags {
  readonly opaque?: readonly string[];
  readonly weightLimit?: Partial<WeightLimits>;
}

export function withWeightOptions(command: Command): Command {
  return command
    .option(
      '--opaque <name>',
      'a Python function or class that the weights need not be refused for: kept closed, never run; may be repeated',
      (text: string, before: readonly string[] = []) => [...before, ...text.split(',').filter((name) => name !== '')],
    )
    .option(
      '--weight-limit <name=number>',
      `a larger bound for a file that you trust: ${Object.keys(WEIGHT_LIMITS).join(', ')}; may be repeated`,
      weightLimit,
    );
}

function weightLimit(text: string, before: Partial<WeightLimits> = {}): Partial<WeightLimits> {
  const [, name, number] = /^(\w+)=(.+)$/.exec(text) ?? [];
  const value = Number(number);
  if (name === undefined || !Object.hasOwn(WEIGHT_LIMITS, name) || !(value > 0)) {
    throw new InvalidArgumentError(
      `expected one of ${Object.keys(WEIGHT_LIMITS).join(', ')} and a number, as maxSeconds=60`,
    );
  }
  return { ...before, [name]: value };
}

/** @param configured - classes that a configuration file names besides. */
export function readingOf(
  { opaque, weightLimit: limits }: WeightFlags,
  configured?: readonly string[],
): OpenWeightsOptions {
  const opaqueClasses = [...(opaque ?? []), ...(configured ?? [])];
  return { ...(opaqueClasses.length > 0 && { opaqueClasses }), ...defined({ limits }) };
}

/** The flag for an option of the library, or undefined where the command has none. */
export function flagFor({ option, value }: OptionHint, command: Command | undefined): string | undefined {
  const [flag, text] = option.startsWith('limits.')
    ? ['--weight-limit', `${option.slice('limits.'.length)}=<number>`]
    : (FLAGS[option] ?? []);
  if (flag === undefined || !command?.options.some(({ long }) => long === flag)) return undefined;
  return `option ${flag} ${value ?? text}`.trimEnd();
}

const FLAGS: Readonly<Record<string, readonly [flag: string, value: string]>> = {
  opaqueClasses: ['--opaque', '<name>'],
  container: ['--container', '<keys>'],
  inceptionCounts: ['--pattern', '<file>'],
  onUnreadable: ['--on-unreadable', '<how>'],
  check: ['--no-check', ''],
};
