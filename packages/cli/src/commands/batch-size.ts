/** `icconv train --batch-size auto`: what was found, for people. */
import type { BatchSize } from '@icconv/task';

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** @param learningRate - the recipe's, which stays. */
export function batchSizeText(
  { batchSize, by, tried, expectedBytes, limitBytes }: BatchSize,
  learningRate: number,
): string {
  if (by === 'run') return `batch size ${batchSize}, as the run in the folder has it`;
  const measured = tried.map(({ batchSize: size, peakBytes }) => `${gib(peakBytes)} with ${size}`).join(', ');
  const why = {
    memory: 'more would take more',
    pictures: 'there are no more pictures',
    bound: 'larger ones are not taken by themselves',
  }[by];
  return [
    `batch size ${batchSize}: an update takes ${measured}, so about ${gib(expectedBytes)} with ${batchSize}, of ${gib(limitBytes)} (60 % of the memory in reach); ${why}`,
    `the learning rate stays ${learningRate}: set recipe.learningRate with the batch size`,
  ].join('\n');
}
