import { invalidField } from "#domain/errors.ts";
import { isSha, parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { CommitRecord, GitHistory } from "#operations/ports/git.ts";
import { checkPath, showFile } from "./reading.ts";
import { commitAt, contains, existingCommits, gone } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
import { allCommits, LOG_OPTIONS, scan } from "./scan.ts";

export function createHistory(git: GitRunner): GitHistory {
  return {
    scan: ({ repo, known }) => scan(git, repo, known),
    reachable: ({ repo, sha, from }) => reachable(git, repo, sha, from),
    patchIds: ({ repo, shas }) => patchIds(git, repo, shas),
    blame: (p) => blame(git, p),
    lastChange: (p) => lastChange(git, p),
    commitsBetween: (p) => commitsBetween(git, p),
    refNames: ({ repo, kind }) => refNames(git, repo, kind),
  };
}

async function reachable(git: GitRunner, repo: string, sha: Sha, from: string): Promise<boolean> {
  if (!isSha(from) && !/^refs\/[^\p{Cc}\s~^:?*[\\]+$/u.test(from))
    throw invalidField("from", from, "a full ref name or a full commit id");
  return contains(git, repo, from, parseSha(sha));
}

async function patchIds(
  git: GitRunner,
  repo: string,
  shas: readonly Sha[],
): Promise<ReadonlyMap<Sha, string>> {
  if (shas.length === 0) return new Map();
  const existing = new Set(await existingCommits(git, repo, shas));
  const missing = shas.find((sha) => !existing.has(sha));
  if (missing !== undefined) throw gone("commit", missing);
  const stdin = shas.map((sha) => `${sha}\n`).join("");
  const options = ["--stdin", "--root", "-p", "--full-index", "--no-ext-diff", "--no-textconv", "--no-color"];
  const patches = await git.run({ cwd: repo, args: ["diff-tree", ...options], stdin });
  if (patches.exit !== 0) throw gitFailed(["diff-tree"], patches.stderr);
  const rows = await git.text({ cwd: repo, args: ["patch-id", "--stable"], stdin: patches.stdout });
  return new Map(rows.split("\n").flatMap((row) => patchRow(row)));
}

function patchRow(row: string): readonly (readonly [Sha, string])[] {
  const [patch, sha = ""] = row.split(" ");
  return patch !== undefined && isSha(sha) ? [[sha, patch]] : [];
}

async function blame(git: GitRunner, p: Parameters<GitHistory["blame"]>[0]): Promise<Sha> {
  if (!Number.isInteger(p.line) || p.line < 1) throw invalidField("line", p.line, "a whole number from 1");
  const commit = p.commit ?? (await commitAt(git, p.repo, "HEAD"));
  if (commit === undefined) throw gone("commit", "HEAD");
  const place = ["-L", `${p.line},${p.line}`, commit, "--", checkPath(p.path)];
  const result = await git.run({ cwd: p.repo, args: ["blame", "--porcelain", "--no-textconv", ...place] });
  const sha = decode(result.stdout).slice(0, 64).split(/\s/)[0] ?? "";
  if (result.exit !== 0 || !isSha(sha)) throw gone("line", `${p.path}:${p.line}`);
  return sha;
}

async function lastChange(
  git: GitRunner,
  { repo, path, text, stands }: Parameters<GitHistory["lastChange"]>[0],
): Promise<Sha | undefined> {
  const commit = await commitAt(git, repo, "HEAD");
  if (commit === undefined || text === "") return undefined;
  const file = await showFile(git, { repo, commit, path });
  if (file === undefined || decode(file.bytes).includes(text) !== stands) return undefined;
  const options = ["--max-count=1", "--format=%H", "--no-textconv", "--no-ext-diff", `-S${text}`];
  const found = (
    await git.text({ cwd: repo, args: ["log", ...options, commit, "--", checkPath(path)] })
  ).trim();
  return isSha(found) ? found : undefined;
}

async function commitsBetween(
  git: GitRunner,
  p: Parameters<GitHistory["commitsBetween"]>[0],
): Promise<readonly CommitRecord[]> {
  const range = [`--max-count=${Math.max(0, Math.trunc(p.limit))}`, parseSha(p.to), `^${parseSha(p.from)}`];
  const paths = (p.paths ?? []).map(checkPath);
  const args = ["log", ...LOG_OPTIONS, ...range, "--", ...paths];
  return allCommits(git.stream({ cwd: p.repo, args }));
}

async function refNames(git: GitRunner, repo: string, kind: "branch" | "tag"): Promise<readonly string[]> {
  const space = kind === "branch" ? "refs/heads/" : "refs/tags/";
  const names = await git.text({ cwd: repo, args: ["for-each-ref", "--format=%(refname)", space] });
  return names.split("\n").flatMap((name) => (name.startsWith(space) ? [name.slice(space.length)] : []));
}
