/** The registry itself: entries by name. */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { MANUAL_ENTRIES } from './manual-entries';
import type { ModelEntry } from './model-entry';
import { OPENMMLAB_ENTRIES } from './openmmlab-entries';
import { TORCHVISION_ENTRIES } from './torchvision-entries';

/** Every checkpoint that can be fetched. */
export const MODELS: readonly ModelEntry[] = [...TORCHVISION_ENTRIES, ...OPENMMLAB_ENTRIES];

/** Checkpoints that must be fetched by hand, with the steps. */
export const MANUAL_MODELS = MANUAL_ENTRIES;

/**
 * A checkpoint by its name.
 *
 * @throws {@link InvalidArgumentError} for a name that is not there, with those of its library; for one that must be fetched by hand,
 *   with the steps.
 */
export function findModel(name: string): ModelEntry {
  const found = MODELS.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const manual = MANUAL_MODELS.find((entry) => entry.name === name);
  if (manual !== undefined) {
    const steps = manual.steps.map((step, index) => `\n  ${index + 1}. ${step}`).join('');
    throw new InvalidArgumentError(
      'findModel',
      'name',
      name,
      `that of a file without a log-in; this one by hand:${steps}`,
    );
  }
  const library = String(name).split('/')[0];
  const near = MODELS.filter((entry) => entry.name.split('/')[0] === library);
  const names = (near.length > 0 ? near : MODELS).map((entry) => entry.name);
  throw new InvalidArgumentError('findModel', 'name', name, `one of ${names.join(', ')}`);
}
