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
