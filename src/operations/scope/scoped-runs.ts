import type { RunStore } from "#operations/ports/store/run-store.ts";
import { needsWorkspace, type Scope } from "./scope.ts";

/** Runs of items inside a scope. What only a worker does, which lands anywhere, it may not. */
export function scopedRuns(runs: RunStore, scope: Scope): RunStore {
  const workers = () => Promise.reject(needsWorkspace("A worker"));
  return {
    get: async ({ id }) => {
      await scope.require("run", id);
      return runs.get({ id });
    },
    list: ({ projectIds, ...request }) => runs.list({ ...request, projectIds: scope.within(projectIds) }),
    record: async (request) => {
      await scope.require("run", request.id);
      await runs.record(request);
    },
    landings: async (request) => scope.only("item", await runs.landings(request), ({ itemId }) => itemId),
    pullRequests: async (request) =>
      scope.only("item", await runs.pullRequests(request), ({ itemId }) => itemId),
    lookedAtPullRequest: async (request) => {
      await scope.require("item", request.itemId);
      await runs.lookedAtPullRequest(request);
    },
    openedPullRequest: workers,
    lockTarget: workers,
    unlockTarget: workers,
    intend: workers,
    settleLanding: workers,
    breaker: workers,
    setBreaker: workers,
    beat: workers,
    workers,
  };
}
