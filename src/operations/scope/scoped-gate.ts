import { parseRef } from "#domain/ref.ts";
import type { GateStore, Similar } from "#operations/ports/store/gate-store.ts";
import type { ProjectStore } from "#operations/ports/store/project-store.ts";
import { needsWorkspace, type Scope, requireRepos, shownItem } from "./scope.ts";

/** The gate's candidates of the projects inside a scope. */
export function scopedGate(gate: GateStore, projects: ProjectStore, scope: Scope): GateStore {
  return {
    propose: async (request) => {
      const { projectId, wishes } = request.proposal;
      scope.requireProject(projectId);
      await requireRepos(projects, scope, wishes.repos);
      const { candidate, similar, filed } = await gate.propose(request);
      return { candidate, similar: await insideOf(scope, similar), filed };
    },
    get: async ({ id }) => {
      await scope.require("candidate", id);
      return gate.get({ id });
    },
    list: ({ projectId, projectIds, ...request }) =>
      gate.list({
        ...request,
        projectIds: scope.within(projectId === undefined ? projectIds : [projectId]),
      }),
    known: async (request) => (await gate.known(request)).filter(({ projectId }) => scope.has(projectId)),
    approve: async (request) => {
      await scope.require("candidate", request.id);
      const { wishes } = await gate.get({ id: request.id });
      await requireRepos(projects, scope, wishes.repos);
      const { candidate, detail } = await gate.approve(request);
      return { candidate, detail: await shownItem(scope, detail) };
    },
    reject: async (request) => {
      await scope.require("candidate", request.id);
      return gate.reject(request);
    },
    merge: async (request) => {
      await scope.require("candidate", request.id);
      await scope.require("item", request.intoId);
      return gate.merge(request);
    },
    expire: () => Promise.reject(needsWorkspace("Expiring candidates")),
  };
}

async function insideOf(scope: Scope, similar: readonly Similar[]): Promise<readonly Similar[]> {
  const found = similar.map((one) => ({ one, ...parseRef(one.ref) }));
  const kept = await Promise.all(
    (["item", "candidate"] as const).map((of) =>
      scope.only(
        of,
        found.filter(({ kind }) => kind === of),
        ({ number }) => number,
      ),
    ),
  );
  return kept.flat().map(({ one }) => one);
}
