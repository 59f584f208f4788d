import { existsSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import { isSha } from "#domain/git-ref/sha.ts";
import type { Head, RepoFacts } from "#operations/ports/git.ts";
import { hideSecrets } from "./hide-secrets.ts";
import { decode, type GitRunner } from "./run-git.ts";
import { defaultBranch } from "./default-branch.ts";
import { requireVersion } from "./git-version.ts";
import { repoPlace } from "./repo-place.ts";

export async function inspect(git: GitRunner, path: string): Promise<RepoFacts> {
  if (!existsSync(path)) throw new SluiceError("not_found", `There is no directory ${JSON.stringify(path)}`);
  await requireVersion(git, path);
  const place = await repoPlace(git, path);
  const [head, guess, any, remoteUrl] = await Promise.all([
    readHead(git, path),
    defaultBranch(git, place.commonDir),
    git.text({ cwd: place.commonDir, args: ["for-each-ref", "--count=1", "--format=%(objectname)"] }),
    readRemote(git, place.commonDir),
  ]);
  return {
    ...place,
    empty: any === "" && head.kind === "unborn",
    head,
    rootCommits: place.shallow || head.kind === "unborn" ? [] : await roots(git, path),
    ...(guess === undefined ? {} : { defaultBranch: guess }),
    ...(remoteUrl === undefined ? {} : { remoteUrl }),
  };
}

async function readHead(git: GitRunner, cwd: string): Promise<Head> {
  const [symbolic, commit] = await Promise.all([
    git.run({ cwd, args: ["symbolic-ref", "-q", "HEAD"] }),
    git.run({ cwd, args: ["rev-parse", "-q", "--verify", "HEAD^{commit}"] }),
  ]);
  const branch = decode(symbolic.stdout)
    .trimEnd()
    .replace(/^refs\/heads\//, "");
  const sha = decode(commit.stdout).trimEnd();
  if (!isSha(sha)) return { kind: "unborn", branch };
  return symbolic.exit === 0 ? { kind: "branch", branch, sha } : { kind: "detached", sha };
}

async function roots(git: GitRunner, cwd: string): Promise<RepoFacts["rootCommits"]> {
  const lines = await git.text({ cwd, args: ["rev-list", "--max-parents=0", "HEAD"] });
  return lines.split("\n").filter(isSha).toSorted();
}

async function readRemote(git: GitRunner, cwd: string): Promise<string | undefined> {
  const names = (await git.text({ cwd, args: ["remote"] })).split("\n").filter((name) => name !== "");
  const name = names.includes("origin") ? "origin" : names.length === 1 ? names[0] : undefined;
  if (name === undefined) return undefined;
  const url = await git.run({ cwd, args: ["config", "--get", `remote.${name}.url`] });
  return url.exit === 0 ? hideSecrets(decode(url.stdout).trimEnd()) : undefined;
}
