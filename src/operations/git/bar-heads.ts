import type { Sha } from "#domain/git-ref/sha.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { tamperPause } from "#operations/run/tamper-pause.ts";

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
