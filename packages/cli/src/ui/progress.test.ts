import type { SetupProgress } from '@icconv/tensor-ops/setup';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setupProgress } from './progress';

const compile = (done: number, total = 4): SetupProgress => ({ phase: 'compile', label: 'operators', done, total });

describe('the progress of a set-up, without a terminal', () => {
  let written = '';
  const write = (text: string) => {
    written += text;
  };
  const stream = { isTTY: false, write } as unknown as NodeJS.WriteStream;
  let progress: ReturnType<typeof setupProgress>;

  beforeEach(() => {
    vi.useFakeTimers();
    written = '';
    progress = setupProgress(stream);
  });
  afterEach(() => {
    progress.stop();
    vi.useRealTimers();
  });

  it('says a line when a step begins and nothing more of a short one', () => {
    progress.report(compile(0));
    for (let done = 1; done <= 4; done++) progress.report(compile(done));
    progress.report({ phase: 'install', label: '/somewhere', done: 0, total: 0 });
    expect(written).toBe('compile  operators\ninstall  /somewhere\n');
  });

  it('goes on telling while no file is finished', () => {
    progress.report(compile(0));
    vi.advanceTimersByTime(16_000);
    expect(written).toBe('compile  operators\ncompile  operators 0%, 0/4 files\n');
  });

  it('tells how much is done and the time left by the pace so far', () => {
    progress.report(compile(0, 16));
    vi.advanceTimersByTime(10_500);
    progress.report(compile(4, 16));
    vi.advanceTimersByTime(5_000);
    expect(written).toMatch(/compile {2}operators 25%, 4\/16 files, 4\d s left\n$/);
  });

  it('does not judge the pace by what the cache already held', () => {
    progress.report(compile(0, 100));
    for (let done = 1; done <= 90; done++) progress.report(compile(done, 100));
    vi.advanceTimersByTime(15_500);
    progress.report(compile(93, 100));
    vi.advanceTimersByTime(15_000);
    // Three files tell little about seven others.
    expect(written).toMatch(/93%, 93\/100 files\n$/);
    progress.report(compile(94, 100));
    vi.advanceTimersByTime(15_000);
    expect(written).toMatch(/94%, 94\/100 files, \d\d s left\n$/);
  });

  it('counts downloads in MB', () => {
    progress.report({ phase: 'download', label: 'tensorflow-cpu 2.21.0', done: 0, total: 274e6 });
    vi.advanceTimersByTime(10_500);
    progress.report({ phase: 'download', label: 'tensorflow-cpu 2.21.0', done: 137e6, total: 274e6 });
    vi.advanceTimersByTime(5_000);
    expect(written).toMatch(/download tensorflow-cpu 2\.21\.0 50%, 137\/274 MB, 1\d s left\n$/);
  });
});

describe('the progress of a set-up, on a terminal', () => {
  it('draws a bar with the count of files', () => {
    let written = '';
    const stream = Object.assign(Object.create(process.stderr), {
      isTTY: true,
      columns: 80,
      write: (text: string) => {
        written += text;
      },
      cursorTo: () => {},
      moveCursor: () => {},
      clearLine: () => {},
      clearScreenDown: () => {},
    }) as NodeJS.WriteStream;
    const progress = setupProgress(stream);
    progress.report(compile(0));
    progress.report(compile(3));
    progress.stop();
    expect(written).toMatch(/compile +operators +75% 3\/4 files, 0s/);
  });
});
