/** What runs in the process of a remote detector. */
import { hostedRunner } from '@icconv/task';
import { DETECTION } from '../task/detection-task';

export const create = hostedRunner(DETECTION);
