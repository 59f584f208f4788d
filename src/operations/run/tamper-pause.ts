import type { Sha } from "#domain/git-ref/sha.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Pause } from "#operations/ports/store/claim-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

/**
 * The pause that the product itself put on a project, because a run changed what its repository's git reads or runs; undefined where
 * there is none. Unlike a person's it also keeps results from being checked, landed and fetched: what the run planted would be used.
 * @param alias the project's
 */
export function tamperPause(pauses: readonly Pause[], alias: string): Pause | undefined {
  return pauses.find(
    ({ scope, name, by }) => scope === "project" && name === alias && by.startsWith("system:"),
  );
}

/**
 * Leaves remotes alone that a run may have given a program of its own: their heads count as not seen.
 * @param heads by repo id
 */
export async function barHeads(
  { claims }: Store,
  repos: readonly Repo[],
  heads: Map<number, Promise<Sha | undefined>>,
): Promise<void> {
  const pauses = await claims.pauses();
  for (const { id, project, target } of repos)
    if (target === "remote" && tamperPause(pauses, project) !== undefined)
      heads.set(id, Promise.resolve(undefined));
}
