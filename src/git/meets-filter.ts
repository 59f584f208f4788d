import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import { filtersOf, LIST_SETTINGS, settingsOfRepository } from "./quiet-config.ts";
import type { GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

/** Every call has its smudging off, so that nothing is fetched: files would become pointers, whoever configured it. */
const POINTERS = "lfs";

/**
 * Whether a checkout that goes from one commit to another would write files which a content filter that does not run here has
 * to make: one of the repository's own configuration, or git-lfs. By the attributes of the commit it goes to.
 */
export async function meetsFilter(
  git: GitRunner,
  { worktree, from, to }: { readonly worktree: string; readonly from: Sha; readonly to: Sha },
): Promise<boolean> {
  const settings = settingsOfRepository(await git.text({ cwd: worktree, args: LIST_SETTINGS }));
  const skipped = new Set([POINTERS, ...filtersOf(settings)]);
  const range = ["-r", "-z", "--name-only", "--no-renames", "--diff-filter=d", from, to];
  const written = await git.text({ cwd: worktree, args: ["diff-tree", ...range] });
  const scratch = mkdtempSync(join(tmpdir(), "sluice-index-"));
  try {
    const at = { cwd: worktree, env: { GIT_INDEX_FILE: join(scratch, "index") } };
    await git.text({ ...at, args: ["read-tree", to] });
    const args = ["check-attr", "--cached", "-z", "--stdin", "filter"];
    const fields = splitNul(await git.text({ ...at, args, stdin: written }));
    return fields.some((value, n) => n % 3 === 2 && skipped.has(value));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
