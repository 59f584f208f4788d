import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitRunner } from "./run-git.ts";

/** Those of the given commits that the repository (still) has, in their order. */
export async function existingCommits(
  git: GitRunner,
  repo: string,
  shas: readonly Sha[],
): Promise<readonly Sha[]> {
  if (shas.length === 0) return [];
  const answer = await git.text({
    cwd: repo,
    args: ["cat-file", "--batch-check=%(objectname) %(objecttype)"],
    stdin: shas.map((sha) => `${sha}\n`).join(""),
  });
  return answer.split("\n").flatMap((row) => {
    const [sha = "", type] = row.split(" ");
    return type === "commit" && isSha(sha) ? [sha] : [];
  });
}
