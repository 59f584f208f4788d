import { SluiceError } from "#domain/errors.ts";
import { parseForgeRepo, judgePullRequest, type PullRequestVerdict } from "#domain/forge/pull-request.ts";
import type { Context } from "#operations/context.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { PullRequest } from "#operations/ports/store/run-store.ts";
import { reportedRun } from "#operations/run/reported-run.ts";
import type { LandingJudge } from "./landing-judge.ts";
import { unlessMoved } from "./settle-left-landings.ts";

/**
 * Asks the forges about every open pull request. What was merged is written down, so that git can settle it; what people or checks
 * turned down goes back to agents with their words. A forge that does not answer decides nothing. Answers refs of what went back.
 */
export async function followPullRequests(
  context: Context,
  judge: LandingJudge,
  repos: readonly Repo[],
): Promise<string[]> {
  const { store } = context;
  const returned: string[] = [];
  for (const one of await store.runs.pullRequests({ state: "open" })) {
    const repo = repos.find(({ id }) => id === one.repoId);
    const verdict = repo === undefined ? undefined : await ask(context, repo, one);
    if (verdict === undefined) continue;
    await store.runs.lookedAtPullRequest({
      by: judge.by,
      id: one.id,
      itemId: one.itemId,
      ...afterwards(verdict),
    });
    if (verdict.kind === "return" && (await sendBack(context, judge, one, verdict)))
      returned.push(judge.refOf(one.itemId));
  }
  return returned;
}

async function ask(
  context: Context,
  { commonDir, alias }: Repo,
  { number, url }: PullRequest,
): Promise<PullRequestVerdict | undefined> {
  if (commonDir === null) return undefined;
  try {
    const { remoteUrl = "" } = await (await context.git()).inspect({ path: commonDir });
    const repo = parseForgeRepo(remoteUrl);
    const sight = repo === undefined ? undefined : await (await context.forge()).look({ repo, number });
    return sight === undefined ? undefined : judgePullRequest(url, sight);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    context.progress?.(`${alias}: ${error.message}`);
    return undefined;
  }
}

function afterwards(verdict: PullRequestVerdict) {
  if (verdict.kind === "merged")
    return { state: "merged" as const, ...(verdict.commit === undefined ? {} : { merge: verdict.commit }) };
  const isClosed = verdict.kind === "return" && verdict.outcome === "pr_closed";
  return { state: isClosed ? ("closed" as const) : ("open" as const) };
}

/** Only while the item waits for this very run: whoever has moved it since knows better. */
async function sendBack(
  { store }: Context,
  { by }: LandingJudge,
  { itemId: id, runId }: PullRequest,
  { outcome, reason }: PullRequestVerdict & { readonly kind: "return" },
): Promise<boolean> {
  const { item } = await store.items.get({ id });
  if (item.state !== "review" || item.phase !== "await_git") return false;
  if ((await reportedRun(store, id))?.id !== runId) return false;
  return await unlessMoved(store.claims.return({ by, id, outcome, reason }));
}
