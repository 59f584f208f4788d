import { invalidField, SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import { decode, type GitRunner } from "./run-git.ts";

/** A name that cannot be read as an option or as one of git's revision expressions. */
const PLAIN_NAME = /^[^-~^:?*[\\@{}\p{Cc}\s][^~^:?*[\\{}\p{Cc}\s]*$/u;

/** A branch, tag, full ref, abbreviated or full commit id → its commit. */
export async function resolveCommit(git: GitRunner, repo: string, name: string): Promise<Sha> {
  if (!PLAIN_NAME.test(name)) throw invalidField("name", name, "a branch, a tag or a commit id");
  const found = await commitAt(git, repo, name);
  if (found === undefined) throw gone("commit, branch or tag", name);
  return found;
}

export async function branchHead(git: GitRunner, repo: string, branch: string): Promise<Sha> {
  const found = await commitAt(git, repo, `refs/heads/${parseBranchName(branch)}`);
  if (found === undefined) throw gone("branch", branch);
  return found;
}

/** The commit a trusted revision names, undefined when there is none. */
export async function commitAt(
  git: GitRunner,
  repo: string,
  revision: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Sha | undefined> {
  const args = ["rev-parse", "--quiet", "--verify", "--end-of-options", `${revision}^{commit}`];
  const text = decode((await git.run({ cwd: repo, args, env })).stdout).trim();
  return isSha(text) ? text : undefined;
}

export async function treeOf(git: GitRunner, repo: string, commit: Sha): Promise<Sha> {
  const text = await git.text({ cwd: repo, args: ["rev-parse", "--verify", `${commit}^{tree}`] });
  return shaOf(text);
}

/** The object name that a plumbing command answered on one line. */
export function shaOf(text: string): Sha {
  const line = text.trim();
  if (!isSha(line)) throw new TypeError("git answered no object name where one was promised");
  return line;
}

/** Whether `descendant` contains `ancestor`; false when either is gone. */
export async function contains(
  git: GitRunner,
  repo: string,
  descendant: string,
  ancestor: Sha,
): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", ancestor, descendant];
  return (await git.run({ cwd: repo, args })).exit === 0;
}

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

/** Each of the given commits that is there, with its tree where that is there too. */
export async function commitsWithTrees(
  git: GitRunner,
  repo: string,
  shas: readonly Sha[],
): Promise<ReadonlyMap<Sha, { readonly commit: Sha; readonly tree: Sha | undefined }>> {
  const stdin = shas.map((sha) => `${sha}^{commit}\n${sha}^{tree}\n`).join("");
  const answer = await git.text({ cwd: repo, args: ["cat-file", "--batch-check=%(objectname)"], stdin });
  const rows = answer.split("\n").map((row) => (isSha(row) ? row : undefined));
  return new Map(
    shas.flatMap((sha, at) => {
      const [commit, tree] = rows.slice(2 * at);
      return commit === undefined ? [] : [[sha, { commit, tree }] as const];
    }),
  );
}

/** The two refusals that most methods share, in full sentences. */
export function gone(what: string, name: string): SluiceError {
  return new SluiceError("not_found", `There is no ${what} ${JSON.stringify(name)} in this repository`, {
    details: { [what]: name },
  });
}

export function clash(message: string, hint: string): SluiceError {
  return new SluiceError("conflict", message, { hint });
}
