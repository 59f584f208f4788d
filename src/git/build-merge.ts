import { SluiceError } from "#domain/errors.ts";
import { parseSha } from "#domain/git-ref/sha.ts";
import type { BuiltMerge, GitLanding } from "#operations/ports/git.ts";
import { existingCommits } from "./existing-objects.ts";
import { identity } from "./identity.ts";
import { mergeTree } from "./merge-tree.ts";
import { gone } from "./refuse.ts";
import { decode, type GitRunner } from "./run-git.ts";
import { treeOf } from "./resolve.ts";
import { gitDate, writeCommit } from "./write-commit.ts";

type Merge = Parameters<GitLanding["buildMerge"]>[0];

/** @param nowMs epoch milliseconds: the date of the commit */
export async function buildMerge(git: GitRunner, nowMs: number, merge: Merge): Promise<BuiltMerge> {
  const { repo, tip, head, strategy, message } = merge;
  const people = await identity(git, repo);
  await refuseUnrelated(git, merge);
  const merged = await mergeTree(git, repo, parseSha(tip), parseSha(head));
  if (merged.kind === "conflict") return merged;
  if (merged.tree === (await treeOf(git, repo, tip))) return { kind: "empty" };
  const parents = strategy === "squash" ? [tip] : [tip, head];
  const dates = { authorDate: gitDate(nowMs), committerDate: gitDate(nowMs) };
  const commit = await writeCommit(git, repo, { tree: merged.tree, parents, message, ...people, ...dates });
  return { kind: "built", commit, tree: merged.tree };
}

async function refuseUnrelated(git: GitRunner, { repo, tip, head }: Merge): Promise<void> {
  const there = await existingCommits(git, repo, [tip, head]);
  const missing = [tip, head].find((sha) => !there.includes(sha));
  if (missing !== undefined) throw gone("commit", missing);
  const base = await git.run({ cwd: repo, args: ["merge-base", tip, head] });
  if (decode(base.stdout).trim() !== "") return;
  throw new SluiceError("conflict", `The commits ${tip} and ${head} have no common ancestor here`, {
    hint: "In a shallow clone run: git fetch --unshallow",
  });
}
