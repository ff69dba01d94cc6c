/** The child process: owns TensorFlow, makes the object that is asked for, and calls its methods. */
import { VisionError } from '@icconv/base';
import type { ErrorReport, FromChild, ToChild } from './messages';

/** What a hosted module exports. Methods get the caller's arguments, then an AbortSignal. */
export interface Hosted {
  /** Told to the parent when ready. */
  readonly facts?: unknown;
  readonly methods: Readonly<Record<string, (...args: never[]) => unknown>>;
  dispose?(): void | Promise<void>;
}

let hosted: Hosted | undefined;
const running = new Map<number, AbortController>();
const send = (message: FromChild) => process.send?.(message);

process.on('message', (message: ToChild) => {
  switch (message.kind) {
    case 'start':
      void start(message.module, message.options);
      break;
    case 'call':
      void call(message.id, message.method, message.args);
      break;
    case 'abort':
      running.get(message.id)?.abort();
      break;
    case 'stop':
      void stop();
  }
});
// The parent decides when to end: Ctrl-C in a terminal reaches both.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

async function start(module: string, options: unknown): Promise<void> {
  try {
    const { create } = (await import(module)) as { create(options: unknown): Promise<Hosted> };
    hosted = await create(options);
    send({ kind: 'ready', facts: hosted.facts });
  } catch (error) {
    send({ kind: 'failed', error: report(error) });
  }
}

async function call(id: number, method: string, args: readonly unknown[]): Promise<void> {
  send({ kind: 'began', id });
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const work = hosted!.methods[method]! as (...all: unknown[]) => unknown;
    send({ kind: 'result', id, value: await work(...args, controller.signal) });
  } catch (error) {
    send({ kind: 'error', id, error: report(error) });
  } finally {
    running.delete(id);
  }
}

async function stop(): Promise<void> {
  await hosted?.dispose?.();
  process.exit(0);
}

function report(error: unknown): ErrorReport {
  const { name, message, code } = error as { name?: string; message?: string; code?: unknown };
  const hints = VisionError.isInstance(error) ? error.hints : [];
  return {
    name: name ?? 'Error',
    message: message ?? String(error),
    code: typeof code === 'string' ? code : undefined,
    hints,
  };
}
