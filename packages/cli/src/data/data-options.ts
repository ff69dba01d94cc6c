/** How commands treat the pictures of their data: options, and the same in configuration files. */
import { DEFAULT_PICTURE_RULES, type PictureRules } from '@icconv/coco/node';
import { type Command, Option } from 'commander';

export interface PictureFlags {
  /** False only where asked for; commander gives true otherwise. */
  readonly check?: boolean;
  readonly onUnreadable?: 'stop' | 'skip';
  readonly tolerateDamage?: boolean;
}

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
export function pictureRules(flags: PictureFlags, config: Partial<PictureRules> = {}): PictureRules {
  return {
    check: flags.check !== false && config.check !== false,
    onUnreadable: flags.onUnreadable ?? config.onUnreadable ?? DEFAULT_PICTURE_RULES.onUnreadable,
    tolerateDamage: flags.tolerateDamage ?? config.tolerateDamage ?? DEFAULT_PICTURE_RULES.tolerateDamage,
  };
}
