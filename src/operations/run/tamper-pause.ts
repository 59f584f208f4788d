import type { Pause } from "#operations/ports/store/claim-store.ts";

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
