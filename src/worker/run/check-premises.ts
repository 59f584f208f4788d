import { parseSha, type Sha } from "#domain/git-ref/sha.ts";
import { type Premise, premiseText } from "#domain/ground/premise.ts";
import { parseActor } from "#domain/actor.ts";
import { lookAtPremise } from "#operations/ground/look-at-premise.ts";
import type { BasedRepo } from "./run-worktrees.ts";
import type { RunContext } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";
import { runShell } from "./shell-step.ts";

/** A fact of the plan that does not hold. */
export interface FailedPremise {
  readonly expected: string;
  readonly found: string;
  /** Commits since the item was written that touch what the premise names, newest first. */
  readonly since: readonly string[];
}

/** Commits named with a failed premise. */
const MAX_COMMITS = 5;

/**
 * Checks against the base commit's objects what needs no worktree. In an item with several repos a fact about files holds
 * when it holds in one of them.
 */
export async function checkPremises(
  run: RunContext,
  repos: readonly BasedRepo[],
): Promise<FailedPremise | undefined> {
  for (const premise of run.detail.spec.premises) {
    const { git, port, host } = run.session.deps;
    const stateOf = async (item: string) => (await port.open({ host, of: { item } })).detail.item.state;
    const found = await lookAtPremise({ git, stateOf }, repos, premise);
    if (found === undefined) continue;
    return { expected: premiseText(premise), found, since: await commitsSince(run, repos, premise) };
  }
  return undefined;
}

/** Runs the approved commands in the run's worktree. One that no human approved is not run, and not taken as failed. */
export async function checkCommandPremises(
  run: RunContext,
  repos: readonly RunPlace[],
  cwd: string,
): Promise<FailedPremise | undefined> {
  for (const [at, premise] of run.detail.spec.premises.entries()) {
    if (premise.kind !== "command" || !isHuman(premise.approvedBy)) continue;
    const timeoutMs = run.session.deps.limits.checkTimeoutMs;
    const result = await runShell(run, {
      text: premise.run,
      cwd,
      label: `premise-${at + 1}`,
      timeoutMs,
      repos,
    });
    if (result.kind === "failed") {
      return { expected: premiseText(premise), found: `it ${result.why}: ${result.tail}`, since: [] };
    }
  }
  return undefined;
}

/** One text for the note that parks the item. */
export function premiseNote({ expected, found, since }: FailedPremise): string {
  const commits = since.length === 0 ? [] : ["Commits since:", ...since.map((line) => `- ${line}`)];
  return [
    "A premise does not hold; no agent was started.",
    `Expected: ${expected}`,
    `Found: ${found}`,
    ...commits,
  ].join("\n");
}

function isHuman(approvedBy: string | undefined): boolean {
  return approvedBy !== undefined && parseActor(approvedBy).kind === "human";
}

async function commitsSince(
  run: RunContext,
  repos: readonly BasedRepo[],
  premise: Premise,
): Promise<readonly string[]> {
  const paths = premise.kind === "file" ? [premise.path] : "paths" in premise ? premise.paths : [];
  if (paths.length === 0) return [];
  const lists = await Promise.all(repos.map((repo) => touching(run, repo, paths)));
  return lists.flat().slice(0, MAX_COMMITS);
}

async function touching(
  run: RunContext,
  repo: BasedRepo,
  paths: readonly string[],
): Promise<readonly string[]> {
  const { git } = run.session.deps;
  const { rootCommits } = await git.inspect({ path: repo.commonDir });
  const from: Sha | undefined = rootCommits[0] === undefined ? undefined : parseSha(rootCommits[0]);
  if (from === undefined) return [];
  const range = { repo: repo.commonDir, from, to: repo.base, paths: [...paths], limit: MAX_COMMITS };
  const commits = await git.commitsBetween(range);
  return commits
    .filter(({ committedAtMs }) => committedAtMs >= run.detail.item.createdAt)
    .map(({ sha, subject }) => `${sha.slice(0, 12)} ${subject}`);
}
