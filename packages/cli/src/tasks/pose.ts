import { createRemotePoseEstimator, DEFAULT_ESTIMATOR, drawPoses, POSE, type PoseTypes } from '@icconv/pose/node';
import type { Command } from 'commander';
import { z } from 'zod';
import { scoreOption } from '../config/number-options';
import { boxAnswer, pictureFields, scoreParameter } from './answers';
import type { TaskCommand } from './task-command';
import { TASK_WORDS } from './words';

/** mmpose's multi-scale test. */
const MULTI_SCALE = [2, 1, 0.5] as const;

const withTestFlags = (command: Command) =>
  command
    .option('--no-flip', 'without the mirrored picture: half the time')
    .option('--multi-scale', 'look at the pictures at twice and half their size too');

export const POSE_COMMAND: TaskCommand<PoseTypes> = {
  task: POSE,
  ...TASK_WORDS.pose,
  title: 'estimating',
  drawn: 'skeletons',
  found: 'poses',
  training: 'train bottom-up pose estimation on keypoints in COCO format',
  defaultModel: DEFAULT_ESTIMATOR,
  withRunFlags: (command) =>
    withTestFlags(command)
      .option('--score <least>', 'least score of a person', scoreOption, 0.2)
      .option('--keypoint-score <least>', 'least score of a keypoint that is drawn and counted', scoreOption, 0.1),
  withCallFlags: withTestFlags,
  withCheckpointFlags: (command) => command,
  callOf: ({ flip, multiScale, score }) => ({
    flip: flip !== false,
    ...(multiScale === true && { scales: MULTI_SCALE }),
    ...(typeof score === 'number' && { scoreThreshold: score }),
  }),
  checkpointOf: () => ({}),
  remote: createRemotePoseEstimator,
  served: {
    query: z.object({
      score: scoreParameter.default(0.2),
      flip: z.stringbool().default(true).describe('average with the mirrored picture'),
      multiScale: z.stringbool().optional(),
      keypointScore: scoreParameter.default(0.1).describe('least score of a keypoint that is drawn'),
    }),
    answer: z.object({
      ...pictureFields,
      poses: z.array(
        z.object({
          keypoints: z.array(z.object({ x: z.number(), y: z.number(), score: z.number(), name: z.string() })),
          score: z.number(),
          box: boxAnswer,
        }),
      ),
    }),
  },
  table: {
    head: ['score', 'keypoints', 'x1', 'y1', 'x2', 'y2'],
    rows: ({ poses }, { keypointScore }) =>
      poses.map(({ score, keypoints, box }) => {
        const found = keypoints.filter((point) => point.score >= Number(keypointScore)).length;
        return [score.toFixed(3), `${found} of ${keypoints.length}`, ...box.map((edge) => edge.toFixed(1))];
      }),
    nothing: '(nobody)',
  },
  draw: (picture, result, { config }, { flags, format }) =>
    drawPoses(picture, result, config.skeleton, { keypointThreshold: Number(flags.keypointScore), format }),
  validation: { of: 'coco', annotations: 'annotations/person_keypoints_val2017.json', images: 'val2017' },
  published: {
    figures: ({ flip, multiScale }) => [
      {
        metric: 'keypoint AP',
        name: multiScale === true ? 'APmultiScale' : 'AP',
        stat: 'AP',
        test: `${flip === false ? 'no flip' : 'flip'}, ${multiScale === true ? 'three scales' : 'one scale'}`,
      },
    ],
    // COCO's server counts 20 poses a picture, whatever the picture holds.
    maxDetections: 20,
  },
};
