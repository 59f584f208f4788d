const controller = new AbortController();

/** Aborted by the first SIGINT, SIGTERM or SIGHUP, so that what was started is ended and removed before we end. */
export const interruption: AbortSignal = controller.signal;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => controller.abort(new Error(`Interrupted by ${signal}.`)));
}
