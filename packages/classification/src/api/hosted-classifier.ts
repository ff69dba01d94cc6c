/** What runs in the process of a remote classifier. */
import { hostedRunner } from '@icconv/task';
import { CLASSIFICATION } from '../task/classification-task';

export const create = hostedRunner(CLASSIFICATION);
