import {
  CLASSIFICATION,
  type ClassificationTypes,
  createRemoteClassifier,
  DEFAULT_CLASSIFIER,
  drawClasses,
} from '@icconv/classification/node';
import { z } from 'zod';
import { nameList } from '../config/name-list';
import { countOption, scoreOption } from '../config/number-options';
import { classFields, countParameter, pictureFields, scoreParameter } from './answers';
import type { TaskCommand } from './task-command';
import { TASK_WORDS } from './words';

export const CLASSIFICATION_COMMAND: TaskCommand<ClassificationTypes> = {
  task: CLASSIFICATION,
  ...TASK_WORDS.classification,
  title: 'classifying',
  drawn: 'their classes',
  found: 'first five classes',
  training: 'train a classifier on labels of whole pictures: a folder with one folder for each class, or COCO format',
  defaultModel: DEFAULT_CLASSIFIER,
  withRunFlags: (command) =>
    command
      .option('--top <n>', 'classes a picture', countOption, 5)
      .option('--score <least>', 'least score', scoreOption, 0),
  withCallFlags: (command) => command,
  withCheckpointFlags: (command) =>
    command.option('--classes <list>', 'names with commas between, by default ImageNet’s 1000'),
  callOf: ({ top, score }) => ({
    ...(typeof top === 'number' && { topK: top }),
    ...(typeof score === 'number' && { scoreThreshold: score }),
  }),
  checkpointOf: ({ classes }) =>
    typeof classes === 'string' ? { classes: nameList('classify', '--classes', classes) } : {},
  remote: createRemoteClassifier,
  served: {
    query: z.object({ score: scoreParameter.default(0), top: countParameter.default(5) }),
    answer: z.object({ ...pictureFields, classes: z.array(z.object(classFields)) }),
  },
  table: {
    head: ['class', 'score'],
    rows: ({ classes }) => classes.map(({ label, score }) => [label, score.toFixed(3)]),
    nothing: '(nothing)',
  },
  draw: (picture, result, _, { format }) => drawClasses(picture, result, { format }),
  validation: { of: 'imagenet', annotations: 'val' },
  published: { figures: () => [{ metric: 'top-1 accuracy', name: 'top1', stat: 'top1' }] },
};
