/** What a run was begun with, kept in its checkpoint, and what differs when it is to go on. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '@icconv/base';
import { CheckpointError } from '../errors';
import { readCheckpointState } from './checkpoint';

/** Network, recipe and data of a run, as plain data: a value that is missing and one that is undefined are the same. */
export type RunSettings = Readonly<Record<string, unknown>>;

/** Name of the checkpoint in a run's folder. */
export const CHECKPOINT_FILE = 'last.safetensors';

export interface RunOptions {
  /** Goes on from the folder's checkpoint if there is one. Without it, a folder that holds one is refused. @defaultValue `false` */
  readonly resume?: boolean;
  /** What must be as it was for a run to go on. @defaultValue nothing is compared */
  readonly settings?: RunSettings;
  /** Goes on although settings differ from the run's. @defaultValue `false` */
  readonly allowChanges?: boolean;
}

/**
 * For what is to be written into a run's folder before the loop begins: whether the loop will take the folder.
 *
 * @returns what differs from the run in the folder, where that is allowed.
 * @throws {@link CheckpointError} where the folder holds a run that is not to be resumed, or one of other settings.
 */
export async function checkRun(folder: string, options: RunOptions): Promise<readonly string[]> {
  const path = join(folder, CHECKPOINT_FILE);
  if (!existsSync(path)) return [];
  const { resume = false, settings, allowChanges = false } = options;
  if (!resume) {
    const problem = 'the folder holds a run; go on with it (resume: true, --resume), or take another folder';
    throw new CheckpointError(path, problem);
  }
  const old = await runSettings(folder);
  if (settings === undefined || old === undefined) return [];
  const differences = settingDifferences(old, settings);
  if (differences.length === 0 || allowChanges) return differences;
  const list = differences.map((difference) => `\n  ${difference}`).join('');
  const remedy = 'take another folder, or allow the changes (allowChanges: true, --allow-changes)';
  throw new CheckpointError(path, `the run was begun with other settings:${list}\n${remedy}`);
}

/** What the run in a folder was begun with; undefined where there is no run, or where it was begun without. @throws {@link CheckpointError} */
export async function runSettings(folder: string): Promise<RunSettings | undefined> {
  const path = join(folder, CHECKPOINT_FILE);
  return existsSync(path) ? (await readCheckpointState(path)).settings : undefined;
}

/** Places where two settings differ, with both values. @param whose - said of the values. */
export function settingDifferences(
  old: unknown,
  now: unknown,
  place = '',
  whose: readonly [old: string, now: string] = ['in the run', 'now'],
): string[] {
  if (isRecord(old) && isRecord(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return keys.flatMap((key) => settingDifferences(old[key], now[key], place === '' ? key : `${place}.${key}`, whose));
  }
  const [before, after] = [show(old), show(now)];
  return before === after ? [] : [`${place}: ${short(before)} ${whose[0]}, ${short(after)} ${whose[1]}`];
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
