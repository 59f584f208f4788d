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
