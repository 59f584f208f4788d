import { SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { runMessage } from "#domain/git-ref/run-message.ts";
import { isSha, parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitRuns } from "#operations/ports/git.ts";
import { splitNul } from "./git-environment.ts";
import type { GitRunner } from "./run-git.ts";
import { LOG_OPTIONS } from "./scan.ts";
import { writeCommit } from "./write-commit.ts";

/** A run makes tens of commits; far more means that its base is wrong. */
const MAX_COMMITS = 2000;
const FORMAT = "--format=tformat:%H%x00%T%x00%P%x00%ad%x00%cd%x00%B";
const FIELDS = 6;

type Rewrite = Parameters<GitRuns["rewriteMessages"]>[0];

interface RunCommit {
  readonly sha: Sha;
  readonly tree: Sha;
  readonly parents: readonly Sha[];
  readonly authorDate: string;
  readonly committerDate: string;
  readonly message: string;
}

export async function rewriteMessages(git: GitRunner, rewrite: Rewrite): Promise<Sha> {
  const { repo } = rewrite;
  const branch = parseBranchName(rewrite.branch);
  if (!branch.startsWith("sluice/"))
    throw new SluiceError(
      "denied",
      `The branch ${branch} is not one of Sluice's own, its commits are left alone`,
    );
  const head = parseSha(rewrite.head);
  const renamed = new Map<Sha, Sha>();
  for (const commit of await ownCommits(git, { repo, branch, head, base: parseSha(rewrite.base) })) {
    const parents = commit.parents.map((parent) => renamed.get(parent) ?? parent);
    const message = runMessage(commit.message, rewrite);
    renamed.set(commit.sha, await writeCommit(git, repo, { ...commit, parents, message }));
  }
  const to = renamed.get(head) ?? head;
  if (to !== head)
    await git.text({
      cwd: repo,
      args: ["update-ref", "-m", "sluice: messages", `refs/heads/${branch}`, to, head],
    });
  return to;
}

/**
 * Parents before children. What a branch of a person or a tag holds too is somebody else's work that the run merged in; what
 * other runs' branches hold is the product's own, and a run may have begun from it.
 */
async function ownCommits(
  git: GitRunner,
  { repo, branch, head, base }: { repo: string; branch: string; head: Sha; base: Sha },
): Promise<readonly RunCommit[]> {
  const others = ["--exclude=refs/heads/sluice/*", "--exclude=refs/stash", "--glob=refs/*"];
  const range = ["--reverse", "--topo-order", `--max-count=${MAX_COMMITS + 1}`, head];
  const options = [...LOG_OPTIONS, FORMAT, "--date=raw", ...range, "--not", base, ...others];
  const fields = splitNul(await git.text({ cwd: repo, args: ["log", ...options] }));
  const commits: RunCommit[] = [];
  for (let at = 0; at + FIELDS <= fields.length; at += FIELDS)
    commits.push(commitOf(fields.slice(at, at + FIELDS)));
  if (commits.length <= MAX_COMMITS) return commits;
  throw new SluiceError(
    "limited",
    `The branch ${branch} has more than ${MAX_COMMITS} commits since its base`,
    {
      hint: "Check the base of the run.",
    },
  );
}

function commitOf(fields: readonly string[]): RunCommit {
  const [sha = "", tree = "", parents = "", authorDate = "", committerDate = "", message = ""] = fields;
  if (!isSha(sha) || !isSha(tree)) throw new TypeError("git log answered a record without commit and tree");
  return { sha, tree, parents: parents.split(" ").filter(isSha), authorDate, committerDate, message };
}
