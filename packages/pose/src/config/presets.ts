/** Trainings under a name. */

/** Recipes under a name; a file that names one gives what differs. */
export const POSE_PRESETS: Readonly<Record<string, object>> = {
  // IC-Conv's schedule for R50 of human_pose/config: 16 pictures a GPU, 300 epochs, from an ImageNet backbone.
  coco: {
    model: { backbone: { depth: 50 }, config: { input: { sampling: 'half-pixel' } } },
    recipe: {
      epochs: 300,
      batchSize: 16,
      learningRate: 0.001,
      schedule: { kind: 'multiStep', milestones: [200, 260] },
      warmUpSteps: 500,
      evaluateEvery: 50,
      skipEmpty: true,
    },
  },
  // Trains from scratch on a laptop: a quarter of ResNet-18's width squared, a light head, half resolution.
  small: {
    model: {
      backbone: { block: 'basic', blocks: [2, 2, 2, 2], width: 32 },
      config: {
        head: {
          deconvs: [
            { channels: 64, kernel: 4 },
            { channels: 64, kernel: 4 },
            { channels: 64, kernel: 4 },
          ],
        },
        input: { size: 256, divisor: 32, sampling: 'half-pixel' },
        // Tags that are pulled together harder than apart stay together; mmpose's equal factors suit long trainings.
        loss: { centre: 'exact', heatmap: 20, push: 0.1, pull: 0.03 },
      },
    },
    recipe: {
      epochs: 60,
      batchSize: 4,
      // Adam with small batches: at 0.002 the heatmaps stay at nothing for long.
      learningRate: 0.0007,
      augment: { flip: 0.5, affine: { rotation: 20, scale: [0.8, 1.25], translate: 0.1 } },
      evaluateEvery: 5,
    },
  },
};
