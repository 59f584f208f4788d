import type { ProjectStore } from "#operations/ports/store/project-store.ts";
import { notThere, type Scope } from "./scope.ts";

/** Refuses with `not_found` an alias that is no repo inside. */
export async function requireRepos(
  projects: ProjectStore,
  scope: Scope,
  aliases: readonly string[] = [],
): Promise<void> {
  if (aliases.length === 0) return;
  const repos = await projects.repos({ host: "" });
  const known = new Set(repos.filter(({ projectId }) => scope.has(projectId)).map(({ alias }) => alias));
  const missing = aliases.find((alias) => !known.has(alias));
  if (missing !== undefined) throw notThere("repo", JSON.stringify(missing));
}
