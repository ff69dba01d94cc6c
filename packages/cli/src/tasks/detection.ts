import { cocoCategoryIds } from '@icconv/coco';
import { PRESETS, type Preset } from '@icconv/detection';
import {
  createRemoteDetector,
  DEFAULT_DETECTOR,
  DETECTION,
  type DetectionTypes,
  drawDetections,
} from '@icconv/detection/node';
import { Option } from 'commander';
import { z } from 'zod';
import { nameList } from '../config/name-list';
import { countOption, scoreOption } from '../config/number-options';
import { boxAnswer, classFields, countParameter, maskAnswer, pictureFields, scoreParameter } from './answers';
import type { TaskCommand } from './task-command';
import { TASK_WORDS } from './words';

export const DETECTION_COMMAND: TaskCommand<DetectionTypes> = {
  task: DETECTION,
  ...TASK_WORDS.detection,
  title: 'detecting',
  drawn: 'boxes',
  found: 'detections',
  training: 'train Faster, Mask or Cascade R-CNN on data in COCO format',
  defaultModel: DEFAULT_DETECTOR,
  withRunFlags: (command) =>
    command
      .option('--score <least>', 'least score', scoreOption, 0.5)
      .option('--max <n>', 'detections a picture', countOption),
  withCallFlags: (command) => command,
  withCheckpointFlags: (command) =>
    command
      .addOption(
        new Option(
          '--classes <list>',
          'names with commas between, or their number; by default as many as the checkpoint has, by COCO’s names where they are 80 or 90',
        ),
      )
      .addOption(new Option('--preset <name>', 'whose conventions').choices([...PRESETS])),
  callOf: ({ score, max }) => ({
    ...(typeof score === 'number' && { scoreThreshold: score }),
    ...(typeof max === 'number' && { maxDetections: max }),
  }),
  checkpointOf: ({ classes, preset }) => ({
    ...(typeof classes === 'string' && { classes: classesOf(classes) }),
    ...(preset !== undefined && { preset: preset as Preset }),
  }),
  remote: createRemoteDetector,
  served: {
    query: z.object({ score: scoreParameter.default(0.5), max: countParameter.optional() }),
    answer: z.object({
      ...pictureFields,
      detections: z.array(z.object({ ...classFields, box: boxAnswer, mask: maskAnswer.exactOptional() })),
    }),
  },
  table: {
    head: ['class', 'score', 'x1', 'y1', 'x2', 'y2'],
    rows: ({ detections }) =>
      detections.map(({ label, score, box }) => [label, score.toFixed(3), ...box.map((edge) => edge.toFixed(1))]),
    nothing: '(nothing)',
  },
  draw: (picture, result, _, { format }) => drawDetections(picture, result, { format }),
  validation: { of: 'coco', annotations: 'annotations/instances_val2017.json', images: 'val2017' },
  async exportOnnx(weights, { config, classes }) {
    const { exportDetectorOnnx } = await import('@icconv/detection/onnx');
    return exportDetectorOnnx(weights, config, { classes });
  },
  published: {
    figures: () => [
      { metric: 'box AP', name: 'AP', stat: 'AP' },
      { metric: 'mask AP', name: 'maskAP', stat: 'maskAP' },
    ],
    categoryIds: ({ classes }) => cocoCategoryIds(classes.length)!,
  },
};

const classesOf = (text: string): readonly string[] | number =>
  /^\d+$/.test(text) ? Number(text) : nameList('detect', '--classes', text);
