import type { WorkerDeps } from "./worker-deps.ts";
import type { WorkOptions, WorkSession } from "./work-session.ts";

/** What the slots of one process share, before any has begun. */
export async function openSession(deps: WorkerDeps, options: WorkOptions): Promise<WorkSession> {
  const never = new AbortController().signal;
  const stop = options.stop ?? never;
  return {
    deps,
    options,
    prefix: (await deps.store.projects.settings()).prefix,
    drain: AbortSignal.any([options.drain ?? never, stop]),
    stop,
    busy: new Set(),
    forHumans: new Set(),
    swept: new Set(),
    failures: new Map(),
    nudge: new AbortController(),
    barredUntil: undefined,
    putOffs: new Map(),
    idle: new Set(),
    left: new Set(),
    turn: 0,
    runs: 0,
  };
}
