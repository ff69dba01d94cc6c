/** A wish to stop, from Ctrl-C, SIGTERM or an AbortSignal. */

export interface Interrupt {
  readonly requested: boolean;
  stop(): void;
}

export function watchInterrupt(
  handleSignals: boolean,
  signal: AbortSignal | undefined,
  say: (text: string) => void,
): Interrupt {
  let requested = signal?.aborted ?? false;
  const unhook = () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    signal?.removeEventListener('abort', onAbort);
  };
  const onAbort = () => {
    requested = true;
  };
  const onSignal = () => {
    requested = true;
    // The next one has its usual effect: it ends the process.
    unhook();
    say('stopping after this step; once more to end at once');
  };
  if (handleSignals) {
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  }
  signal?.addEventListener('abort', onAbort);
  return {
    get requested() {
      return requested;
    },
    stop: unhook,
  };
}
