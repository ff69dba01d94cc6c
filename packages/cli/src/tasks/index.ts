/** Every task that the command line knows: a new one is a line here and a file beside. */
import { CLASSIFICATION_COMMAND } from './classification';
import { DETECTION_COMMAND } from './detection';
import { POSE_COMMAND } from './pose';
import { type AnyTaskCommand, anyTask } from './task-command';

export const TASKS: readonly AnyTaskCommand[] = [
  anyTask(DETECTION_COMMAND),
  anyTask(POSE_COMMAND),
  anyTask(CLASSIFICATION_COMMAND),
];
