/** What runs in the process of a remote pose estimator. */
import { hostedRunner } from '@icconv/task';
import { POSE } from '../task/pose-task';

export const create = hostedRunner(POSE);
