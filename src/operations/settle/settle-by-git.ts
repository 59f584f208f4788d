import type { z } from "zod";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { Context } from "#operations/context.ts";
import { ask } from "#operations/half.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { applyVerdicts, type Verdict } from "./apply-verdicts.ts";
import { lookAtPullRequests } from "./follow-pull-requests.ts";
import { type TargetBranches, openTargetBranches, type TargetHeads } from "./target-branches.ts";
import { openQuestions, type TracedItem } from "./traces.ts";

/**
 * Lets the history of the repositories decide: what waits for git is settled, what git lost comes back. Never on a mere mention.
 * @param repos those of this host, as far as they can be read
 */
export async function settleByGit(
  context: Context,
  repos: readonly Repo[],
  heads: TargetHeads,
): Promise<z.output<(typeof applyVerdicts)["output"]>> {
  const { host } = context.caller;
  const open = await ask(context, openQuestions, { host, repos: repos.map(({ id }) => id) });
  const branches = await openTargetBranches(context, repos, { heads, reverts: open.reverts });
  const pullRequests = await lookAtPullRequests(context, repos, open.pullRequests);
  const verdicts: Verdict[] = [];
  for (const traced of open.items) {
    const looks = pullRequests.filter(({ item }) => item === traced.item);
    if (looks.some(({ back }) => back !== undefined)) continue;
    const merged = looks.flatMap(({ merge }) => merge ?? []);
    const verdict = await verdictOn(branches, withMerges(traced, merged));
    if (verdict !== undefined) verdicts.push(verdict);
  }
  verdicts.push(...(await closings(branches, open.closing)));
  if (pullRequests.length === 0 && verdicts.length === 0)
    return { settled: [], unlanded: [], reopened: [], closed: [], returned: [] };
  return await ask(context, applyVerdicts, { host, pullRequests: [...pullRequests], verdicts });
}

/** With the commits that forges have made of its pull requests meanwhile. */
const withMerges = (traced: TracedItem, merged: readonly string[]): TracedItem => ({
  ...traced,
  targets: traced.targets.map((target) => ({ ...target, merges: [...target.merges, ...merged] })),
});

async function verdictOn(branches: TargetBranches, traced: TracedItem): Promise<Verdict | undefined> {
  const { item, standing, isOver } = traced;
  if (standing === "left") {
    const commits = await landedByPerson(branches, traced);
    return commits === undefined ? undefined : { kind: "landed", item, commits };
  }
  const sight = await branches.sightOf(traced);
  if (standing === "done") return sight === "gone" ? { kind: "lost", item } : undefined;
  if (sight === "there") return { kind: "seen", item };
  return sight === "gone" && isOver ? { kind: "gone", item } : undefined;
}

/** In each repo that the run changed, the commit that is on its target; undefined where one of them lacks it. */
async function landedByPerson(branches: TargetBranches, { changed }: TracedItem): Promise<Sha[] | undefined> {
  const found: Sha[] = [];
  for (const { repoId, commits } of changed) {
    const one = await branches.firstOnTarget(repoId, commits);
    if (one === undefined) return undefined;
    found.push(one);
  }
  return found;
}

/** One commit for each item, the first that is on its target. */
async function closings(
  branches: TargetBranches,
  all: readonly { readonly item: number; readonly repoId: number; readonly sha: string }[],
): Promise<readonly Verdict[]> {
  const found = new Map<number, Verdict>();
  for (const { item, repoId, sha } of all) {
    if (found.has(item) || !isSha(sha)) continue;
    const on = await branches.firstOnTarget(repoId, [sha]);
    if (on !== undefined) found.set(item, { kind: "closes", item, sha: on });
  }
  return [...found.values()];
}
