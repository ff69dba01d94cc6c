import { expect, test } from 'vitest';
import { seededRandom } from '../random/random';
import { TimeLeft } from './time-left';

const STEPS = 200;
const EVERY = 20;
const EVALUATION = 30;

/** The predicted end of a training after each of its steps, and the true one; in seconds. */
function predictions() {
  const random = seededRandom(5);
  const time = new TimeLeft();
  const predicted: number[] = [];
  let now = 0;
  for (let step = 1; step <= STEPS; step++) {
    // A minute for the first; then about a second, and sometimes a pause of the disk.
    const seconds = step === 1 ? 60 : random.below(25) === 0 ? 8 : 0.8 + 0.4 * random.next();
    now += seconds;
    time.step(seconds);
    if (step % EVERY === 0) {
      now += EVALUATION;
      time.evaluation(EVALUATION);
    }
    predicted.push(now + time.left(STEPS - step, Math.floor(STEPS / EVERY) - Math.floor(step / EVERY)));
  }
  return { predicted, end: now };
}

test('the end is known from the first evaluation on, and does not jump', () => {
  const { predicted, end } = predictions();
  expect(predicted[0]).toBe(Number.POSITIVE_INFINITY);
  for (const one of predicted.slice(EVERY)) expect(Math.abs(one / end - 1)).toBeLessThan(0.2);
  // Of the time that the steps alone take, while no evaluation is known.
  for (const one of predicted.slice(5, EVERY - 1)) expect(one).toBeGreaterThan(0.3 * end);
  const changes = predicted.slice(EVERY).map((one, i) => Math.abs(one - predicted[EVERY + i - 1]!) / end);
  expect(Math.max(...changes)).toBeLessThan(0.03);
  expect(predicted.at(-1)).toBe(end);
});

test('nothing is left at the end, even of a single step', () => {
  const time = new TimeLeft();
  time.step(5);
  expect(time.left(0, 0)).toBe(0);
  expect(time.left(1, 1)).toBe(Number.POSITIVE_INFINITY);
  time.step(2);
  expect(time.left(3, 1)).toBe(6);
});
