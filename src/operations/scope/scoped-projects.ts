import type { ProjectStore } from "#operations/ports/store/project-store.ts";
import { needsWorkspace, notThere, type Scope } from "./scope.ts";

/** Projects and repos inside a scope. Lanes and settings are the workspace's: read, since every answer needs them, never changed. */
export function scopedProjects(projects: ProjectStore, scope: Scope): ProjectStore {
  const inside = { archived: true } as const;
  return {
    lanes: projects.lanes,
    settings: projects.settings,
    prefixes: projects.prefixes,
    leaseOwner: projects.leaseOwner,
    owners: async (request) =>
      new Map([...(await projects.owners(request))].filter(([, projectId]) => scope.has(projectId))),
    add: () => Promise.reject(needsWorkspace("Adding a project")),
    edit: async (request) => {
      scope.requireProject(request.id);
      return projects.edit(request);
    },
    get: async ({ alias }) => {
      const known = (await projects.list(inside)).filter(({ id }) => scope.has(id));
      if (known.some((project) => project.alias === alias)) return projects.get({ alias });
      throw notThere("project", JSON.stringify(alias));
    },
    byId: async ({ id }) => {
      scope.requireProject(id);
      return projects.byId({ id });
    },
    list: async (request) => (await projects.list(request)).filter(({ id }) => scope.has(id)),
    addRepo: () => Promise.reject(needsWorkspace("Registering a repository")),
    editRepo: async (request) => {
      await scope.require("repo", request.id);
      return projects.editRepo(request);
    },
    repo: async (request) => {
      const known = await projects.repos({ host: request.host });
      if (known.some(({ alias, projectId }) => alias === request.alias && scope.has(projectId)))
        return projects.repo(request);
      throw notThere("repo", JSON.stringify(request.alias));
    },
    repoById: async (request) => {
      await scope.require("repo", request.id);
      return projects.repoById(request);
    },
    repos: async (request) => (await projects.repos(request)).filter(({ projectId }) => scope.has(projectId)),
    repoAt: async (request) => {
      const repo = await projects.repoAt(request);
      return repo !== undefined && scope.has(repo.projectId) ? repo : undefined;
    },
    setLanes: () => Promise.reject(needsWorkspace("Changing the lanes")),
    setSetting: () => Promise.reject(needsWorkspace("Changing a setting")),
  };
}
