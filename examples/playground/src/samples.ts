/** Numbers of the scenes to choose from: of the test splits, beyond those that the networks are scored on. */
export const SAMPLES = {
  detection: [10_001, 10_002, 10_004, 10_007],
  pose: [10_003, 10_005, 10_008, 10_010],
} as const;
