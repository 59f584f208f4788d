/** Exit code of a program that Ctrl-C ended: 128 + SIGINT. */
export const INTERRUPTED_EXIT = 130;

/** What `untilInterrupted` rejects with. No error: nothing is wrong, and nothing is printed. */
export const INTERRUPTED = Symbol("interrupted");

/** A signal that the first Ctrl-C aborts; the second ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT);
    controller.abort();
  });
  return controller.signal;
}

/** The work's result, or a rejection with `INTERRUPTED` as soon as the signal is aborted. */
export async function untilInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(INTERRUPTED);
    signal.addEventListener("abort", () => reject(INTERRUPTED), { once: true });
  });
  return await Promise.race([work, aborted]);
}

/** SIGTERM and Ctrl-C: the first drains (nothing new is taken), the second stops what runs. */
export function workSignals(): { readonly drain: AbortSignal; readonly stop: AbortSignal } {
  const drain = new AbortController();
  const stop = new AbortController();
  const next = () => (drain.signal.aborted ? stop : drain).abort();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.removeAllListeners(signal); // the command line's own Ctrl-C would end the process at the second
    process.on(signal, next);
  }
  return { drain: drain.signal, stop: stop.signal };
}
