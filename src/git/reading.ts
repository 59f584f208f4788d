import { isSha, parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { ChangedPath, GitReading } from "#operations/ports/git.ts";
import { checkPath } from "./check-path.ts";
import { grep } from "./grep.ts";
import { identity } from "./identity.ts";
import { inspect, repoPlaces } from "./inspect.ts";
import { branchHead, resolveCommit } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

const DEFAULT_MAX_BYTES = 1024 * 1024;
const SAFE_DIFF = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"] as const;

export function createReading(git: GitRunner): GitReading {
  return {
    places: ({ folders }) => repoPlaces(git, folders),
    inspect: ({ path }) => inspect(git, path),
    resolve: ({ repo, name }) => resolveCommit(git, repo, name),
    headOf: ({ repo, branch }) => branchHead(git, repo, branch),
    identity: ({ repo }) => identity(git, repo),
    changedPaths: (p) => changedPaths(git, p),
    diff: (p) => diff(git, p),
    showFile: (p) => showFile(git, p),
    pathExists: async (p) => (await entryAt(git, p)) !== undefined,
    grep: (p) => grep(git, p),
  };
}

type Range = Parameters<GitReading["diff"]>[0];
type Place = Parameters<GitReading["showFile"]>[0];

async function changedPaths(git: GitRunner, { repo, base, head }: Range): Promise<readonly ChangedPath[]> {
  const args = ["diff-tree", "-r", "-z", "--name-status", ...SAFE_DIFF, parseSha(base), parseSha(head)];
  const fields = splitNul(await git.text({ cwd: repo, args }));
  return fields.flatMap((status, at) =>
    at % 2 === 0 ? [{ change: changeOf(status), path: fields[at + 1] ?? "" }] : [],
  );
}

function changeOf(status: string): ChangedPath["change"] {
  return status === "A" ? "added" : status === "D" ? "deleted" : "modified";
}

async function diff(
  git: GitRunner,
  { repo, base, head, maxBytes = DEFAULT_MAX_BYTES }: Range,
): Promise<{ text: string; truncated: boolean }> {
  const args = ["diff-tree", "-r", "-p", ...SAFE_DIFF, parseSha(base), parseSha(head)];
  const result = await git.run({ cwd: repo, args, maxBytes, overflow: "cut" });
  if (result.exit !== 0 && !result.truncated) throw gitFailed(args, result.stderr);
  return { text: decode(result.stdout), truncated: result.truncated };
}

async function showFile(
  git: GitRunner,
  place: Place,
): Promise<{ bytes: Uint8Array; truncated: boolean } | undefined> {
  const entry = await entryAt(git, place);
  if (entry?.type !== "blob") return undefined;
  const { repo: cwd, maxBytes = DEFAULT_MAX_BYTES } = place;
  const args = ["cat-file", "blob", entry.sha];
  const result = await git.run({ cwd, args, maxBytes, overflow: "cut" });
  if (result.exit !== 0 && !result.truncated) throw gitFailed(args, result.stderr);
  return { bytes: result.stdout, truncated: result.truncated };
}

async function entryAt(
  git: GitRunner,
  { repo, commit, path }: { repo: string; commit: Sha; path: string },
): Promise<{ type: string; sha: Sha } | undefined> {
  const args = ["ls-tree", "-z", "--full-tree", parseSha(commit), "--", checkPath(path)];
  const [entry = ""] = splitNul(await git.text({ cwd: repo, args }));
  const [, type, sha = ""] = entry.slice(0, entry.indexOf("\t")).split(" ");
  return type !== undefined && isSha(sha) ? { type, sha } : undefined;
}
