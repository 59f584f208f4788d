/** Exit code of a program that Ctrl-C ended: 128 + SIGINT. */
export const INTERRUPTED_EXIT = 130;

/** A signal that the first Ctrl-C aborts; the second ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT);
    controller.abort();
  });
  return controller.signal;
}
