/** What the list of commands says of each task, apart from the task itself: it is shown before a network is loaded. */
export const TASK_WORDS = {
  detection: { verb: 'detect', description: 'find objects in pictures' },
  pose: { verb: 'pose', description: 'find people and their keypoints in pictures' },
  classification: { verb: 'classify', description: 'say what pictures show' },
} as const;
