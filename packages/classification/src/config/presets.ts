/** Trainings under a name; a file that names one gives what differs. */
export const CLASSIFICATION_PRESETS: Readonly<Record<string, object>> = {
  // torchvision's reference schedule: 32 pictures on each of 8 GPUs make an update, here one after the other.
  imagenet: {
    model: { backbone: { depth: 50 } },
    recipe: {
      epochs: 90,
      batchSize: 32,
      accumulate: 8,
      learningRate: 0.1,
      schedule: { kind: 'multiStep', milestones: [30, 60] },
      warmUpSteps: 0,
    },
  },
  // Trains from scratch on a laptop: a quarter of ResNet-18's weights, a fifth of the pixels.
  small: {
    model: {
      backbone: { block: 'basic', blocks: [2, 2, 2, 2], width: 32 },
      config: { input: { size: 104, crop: 96 } },
    },
    recipe: { epochs: 30, batchSize: 16, learningRate: 0.05, labelSmoothing: 0.1 },
  },
};
