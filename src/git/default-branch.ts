import { decode, type GitRunner } from "./run-git.ts";

const CUSTOMARY = ["main", "master", "trunk"] as const;

/**
 * The branch that others land on: what `origin/HEAD` names while that branch exists (a renamed default leaves it dangling),
 * else the branch of the main worktree, a customary name, the only branch.
 */
export async function defaultBranch(git: GitRunner, commonDir: string): Promise<string | undefined> {
  const format = "--format=%(refname)%00%(symref)";
  const refs = await git.text({
    cwd: commonDir,
    args: ["for-each-ref", format, "refs/heads", "refs/remotes/origin"],
  });
  const rows = refs.split("\n").map((row) => row.split("\0"));
  const names = new Set(rows.map(([name]) => name ?? ""));
  const remoteHead = rows.find(([name]) => name === "refs/remotes/origin/HEAD")?.[1];
  if (remoteHead !== undefined && names.has(remoteHead))
    return remoteHead.slice("refs/remotes/origin/".length);
  const branches = [...names].filter((name) => name.startsWith("refs/heads/")).map((name) => name.slice(11));
  const current = await mainHead(git, commonDir);
  const guesses = [...(current === undefined ? [] : [current]), ...CUSTOMARY];
  if (branches.length === 0) return remoteGuess(names) ?? current;
  return (
    guesses.find((guess) => branches.includes(guess)) ?? (branches.length === 1 ? branches[0] : undefined)
  );
}

function remoteGuess(names: ReadonlySet<string>): string | undefined {
  return CUSTOMARY.find((guess) => names.has(`refs/remotes/origin/${guess}`));
}

/** What HEAD of the main worktree, or of the bare repository, names; undefined when detached. */
async function mainHead(git: GitRunner, commonDir: string): Promise<string | undefined> {
  const result = await git.run({ cwd: commonDir, args: ["symbolic-ref", "-q", "HEAD"] });
  return result.exit === 0
    ? decode(result.stdout)
        .trim()
        .replace(/^refs\/heads\//, "")
    : undefined;
}
