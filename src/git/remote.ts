import { basename, dirname } from "node:path";
import { invalidField, SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { LandResult } from "#operations/ports/git.ts";
import { commitAt, contains, gone } from "./resolve.ts";
import { decode, type GitResult, type GitRunner } from "./run-git.ts";

/** `git ls-remote --exit-code` when the remote answers and has no such branch. */
const NO_SUCH_REF = 2;
const REMOTE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/;

/** Fetches a branch's head into its remote-tracking ref. */
export async function fetchTip(
  git: GitRunner,
  repo: string,
  target: { readonly remote: string; readonly branch: string },
): Promise<Sha> {
  const [remote, branch] = [checkRemote(target.remote), parseBranchName(target.branch)];
  const tracking = `refs/remotes/${remote}/${branch}`;
  const options = ["--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
  const args = ["fetch", ...options, "--", remote, `+refs/heads/${branch}:${tracking}`];
  const result = await askRemote(git, repo, remote, args);
  const tip = result.exit === 0 ? await commitAt(git, repo, tracking) : undefined;
  if (tip !== undefined) return tip;
  if ((await remoteTip(git, repo, remote, branch)) === undefined) throw gone(`branch of ${remote}`, branch);
  throw unreachable(remote, result.stderr);
}

/** The head the remote names now, undefined when it has no such branch; its objects need not be here. */
async function remoteTip(
  git: GitRunner,
  repo: string,
  remote: string,
  branch: string,
): Promise<Sha | undefined> {
  const args = ["ls-remote", "--exit-code", "--", remote, `refs/heads/${branch}`];
  const result = await askRemote(git, repo, remote, args);
  if (result.exit === NO_SUCH_REF) return undefined;
  const [sha = ""] = decode(result.stdout).split("\t");
  if (result.exit !== 0 || !isSha(sha)) throw unreachable(remote, result.stderr);
  return sha;
}

/** A plain push; what came of it is read from the remote's branch afterwards, not from words. `from` undefined: a new branch. */
export async function push(
  git: GitRunner,
  p: { repo: string; remote: string; branch: string; from: Sha | undefined; to: Sha },
): Promise<LandResult> {
  const [remote, branch] = [checkRemote(p.remote), parseBranchName(p.branch)];
  const options = [
    "--porcelain",
    "--no-verify",
    "--no-follow-tags",
    "--recurse-submodules=no",
    "--no-signed",
  ];
  const args = ["push", ...options, "--", remote, `${p.to}:refs/heads/${branch}`];
  const result = await git.run({ cwd: standingIn(p.repo), args });
  if (result.exit === 0) return { kind: "landed" };
  const tip = await remoteTip(git, p.repo, remote, branch);
  if (tip === p.to) return { kind: "landed" };
  if (tip !== undefined && tip !== p.from && !(await contains(git, p.repo, p.to, tip)))
    return { kind: "moved", tip };
  if (!isDeclined(decode(result.stdout))) throw unreachable(remote, result.stderr);
  return { kind: "refused", message: `${decode(result.stdout)}${result.stderr}`.trim().slice(0, 4000) };
}

/** Whether the remote answered the push: `--porcelain` marks such a ref with `!`, also where a program on the way was killed first. */
function isDeclined(report: string): boolean {
  return report.split("\n").some((line) => line.startsWith("!") && !line.includes("[remote failure]"));
}

/** A remote that keeps silent until git's time is up does not answer either. */
async function askRemote(
  git: GitRunner,
  repo: string,
  remote: string,
  args: readonly string[],
): Promise<GitResult> {
  try {
    return await git.run({ cwd: standingIn(repo), args });
  } catch (error) {
    if (error instanceof SluiceError && error.details["timedOut"] === true)
      throw unreachable(remote, "it was silent for too long");
    throw error;
  }
}

/** Git takes a remote's relative path from the folder it runs in: the main checkout, as for the person who wrote it; a bare repository has none. */
export function standingIn(repo: string): string {
  return basename(repo) === ".git" ? dirname(repo) : repo;
}

function checkRemote(name: string): string {
  if (REMOTE_NAME.test(name) && !name.includes("..")) return name;
  throw invalidField("remote", name, "the name of a configured remote, such as origin");
}

function unreachable(remote: string, stderr: string): SluiceError {
  const said = stderr.trim().split("\n").slice(0, 3).join("; ");
  return new SluiceError("unavailable", `The remote ${remote} does not answer: ${said}`, {
    hint: "Check the network and your credentials with git ls-remote, then try again.",
    details: { remote },
  });
}
