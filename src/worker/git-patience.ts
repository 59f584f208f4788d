import { SluiceError } from "#domain/errors.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/** A lock file that a killed git left counts as stale after 2 s; then it can be cleared. */
const PAUSE_MS = 2_100;
const TRIES = 3;

/** Runs git work again that failed for git's own reason: a program killed half-way, a lock that a dead one left. */
export async function patiently<T>(
  deps: WorkerDeps,
  place: { readonly commonDir: string; readonly branches: readonly string[] },
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof SluiceError && error.code === "unavailable";
      if (!mayPass || attempt >= TRIES) throw error;
      await deps.sleep(PAUSE_MS);
      await deps.git.clearStaleLocks({ repo: place.commonDir, branches: place.branches }).catch(() => []);
    }
  }
}
