// The end of `pnpm test`: a line a step, each failed test by name with the beginning of its error, and `N passed, N failed` last and alone.

/** Lines of a message that are printed; a comparison shows its values in the first few. */
const MESSAGE_LINES = 3;
const LINE_LENGTH = 240;

export class Counts {
  #passed = 0;
  #failed = 0;
  #steps = [];
  #failures = [];

  /** A step that is right or wrong as a whole, and the seconds that it took. */
  step(name, code, seconds) {
    this.#add(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1, seconds);
  }

  skip(name) {
    this.#steps.push(`skip  ${name}`);
  }

  /** Tests as `unitTests` counts them. */
  tests(name, { passed, skipped, failures }, seconds) {
    this.#add(name, passed, failures.length, seconds, skipped ? `, ${skipped} skipped` : '');
    this.#failures.push(...failures);
  }

  #add(name, passed, failed, seconds, note = '') {
    this.#passed += passed;
    this.#failed += failed;
    const counted = `${passed} passed, ${failed} failed${note}, ${seconds.toFixed(0)} s`;
    this.#steps.push(`${failed === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(16)} ${counted}`);
  }

  get exitCode() {
    return this.#failed === 0 ? 0 : 1;
  }

  toString() {
    const failures = this.#failures.map(({ name, message }) => `${name}\n${beginning(message)}`);
    const blocks = [this.#steps.join('\n'), ...failures, `${this.#passed} passed, ${this.#failed} failed`];
    return blocks.join('\n\n');
  }
}

function beginning(message) {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(0, MESSAGE_LINES)
    .map((line) => `    ${line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line}`)
    .join('\n');
}
