/** How commands treat the pictures of their data: options, and the same in configuration files. */
import { type Command, Option } from 'commander';
import { z } from 'zod';

/** In the part `data` of a configuration file. */
export const pictureFields = {
  /** Look at all pictures before the first step: there, readable, of the sizes that the annotation file says. */
  check: z.boolean().optional(),
  /** What happens to pictures that are missing or cannot be read. */
  onUnreadable: z.enum(['stop', 'skip']).optional(),
  /** Take damaged pictures as far as they can be read, the rest grey. */
  tolerateDamage: z.boolean().optional(),
} as const;

type PictureConfig = Readonly<z.output<z.ZodObject<typeof pictureFields>>>;

export interface PictureFlags {
  /** False only where asked for; commander gives true otherwise. */
  readonly check?: boolean;
  readonly onUnreadable?: 'stop' | 'skip';
  readonly tolerateDamage?: boolean;
}

export type PictureRules = Required<PictureFlags>;

export function withPictureRules(command: Command): Command {
  return command
    .addOption(
      new Option('--on-unreadable <how>', 'pictures that are missing or broken: stop (the default), or skip').choices([
        'stop',
        'skip',
      ]),
    )
    .option('--tolerate-damage', 'take damaged pictures as far as they can be read, the rest grey')
    .option('--no-check', 'do not look at all pictures before the first one is used');
}

/** The command line over the configuration file. */
export function pictureRules(flags: PictureFlags, config: PictureConfig = {}): PictureRules {
  return {
    check: flags.check !== false && config.check !== false,
    onUnreadable: flags.onUnreadable ?? config.onUnreadable ?? 'stop',
    tolerateDamage: flags.tolerateDamage ?? config.tolerateDamage ?? false,
  };
}
