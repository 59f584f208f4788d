import type { Store } from "#operations/ports/store.ts";
import { needsWorkspace, scopeOf } from "./scope.ts";
import { scopedClaims } from "./scoped-claims.ts";
import { scopedGate } from "./scoped-gate.ts";
import { scopedCommits, scopedHistory } from "./scoped-history.ts";
import { scopedItems } from "./scoped-items.ts";
import { scopedProjects } from "./scoped-projects.ts";
import { scopedRuns } from "./scoped-runs.ts";

/**
 * The workspace as a caller sees it for whom only some projects exist. Everything else is `not_found`, and what concerns the whole
 * workspace `denied`. A new method of a port does not compile until it has its place here.
 */
export function scopedStore(store: Store, projectIds: readonly number[]): Store {
  const scope = scopeOf(store, projectIds);
  const { projects } = store;
  const tokens = () => Promise.reject(needsWorkspace("What concerns tokens"));
  return {
    place: store.place,
    state: store.state,
    now: store.now,
    close: store.close,
    once: (call) => store.once({ ...call, work: (own) => call.work(scopedStore(own, projectIds)) }),
    atVersion: async (call) => {
      await scope.require("item", call.id);
      return await store.atVersion({ ...call, work: (own) => call.work(scopedStore(own, projectIds)) });
    },
    transaction: (work) => store.transaction((own) => work(scopedStore(own, projectIds))),
    projects: scopedProjects(projects, scope),
    gate: scopedGate(store.gate, projects, scope),
    items: scopedItems(store.items, projects, scope),
    claims: scopedClaims(store.claims, projects, scope),
    runs: scopedRuns(store.runs, scope),
    commits: scopedCommits(store.commits, scope),
    history: scopedHistory(store.history, scope),
    denials: {
      record: store.denials.record,
      list: () => Promise.reject(needsWorkspace("What others were denied")),
    },
    tokens: { find: tokens, create: tokens, list: tokens, revoke: tokens },
  };
}
