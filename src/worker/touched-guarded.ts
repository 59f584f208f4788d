import { matchesPattern } from "#domain/schedule/path-overlap.ts";
import type { ChangedPath } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

/** The changes to files that decide what passes: tests, and what the repo protects (CI, build, hooks). */
export function touchedGuarded(
  repo: Pick<Repo, "testPaths" | "protectedPaths">,
  changes: readonly ChangedPath[],
): readonly ChangedPath[] {
  const patterns = [...repo.testPaths, ...repo.protectedPaths];
  return changes.filter(({ path }) => patterns.some((pattern) => matchesPattern(pattern, path)));
}
