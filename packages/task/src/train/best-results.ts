/** What the best weights found in the validation data, in COCO's results format, in the run's folder. */
export const BEST_RESULTS_FILE = 'best-results.json';
