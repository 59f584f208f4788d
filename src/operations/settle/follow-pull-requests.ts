import { SluiceError } from "#domain/errors.ts";
import { parseForgeRepo, pullRequestVerdict, type PullRequestVerdict } from "#domain/forge/pull-request.ts";
import type { Context } from "#operations/context.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { PullRequestLook } from "./apply-verdicts.ts";
import type { AskedPullRequest } from "./traces.ts";

/** Asks the forges about open pull requests. One that does not answer decides nothing. */
export async function lookAtPullRequests(
  context: Context,
  repos: readonly Repo[],
  open: readonly AskedPullRequest[],
): Promise<readonly PullRequestLook[]> {
  const looks: PullRequestLook[] = [];
  for (const one of open) {
    const repo = repos.find(({ id }) => id === one.repoId);
    const verdict = repo === undefined ? undefined : await askForge(context, repo, one);
    if (verdict !== undefined) looks.push({ id: one.id, item: one.item, ...lookOf(verdict) });
  }
  return looks;
}

async function askForge(
  context: Context,
  { commonDir, alias }: Repo,
  { number, url }: AskedPullRequest,
): Promise<PullRequestVerdict | undefined> {
  if (commonDir === null) return undefined;
  try {
    const { remoteUrl = "" } = await (await context.git()).inspect({ path: commonDir });
    const repo = parseForgeRepo(remoteUrl);
    const sight = repo === undefined ? undefined : await (await context.forge()).look({ repo, number });
    return sight === undefined ? undefined : pullRequestVerdict(url, sight);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    context.progress?.(`${alias}: ${error.message}`);
    return undefined;
  }
}

function lookOf(verdict: PullRequestVerdict): Omit<PullRequestLook, "id" | "item"> {
  if (verdict.kind === "wait") return { state: "open" };
  if (verdict.kind === "merged") return { state: "merged", merge: verdict.commit };
  const { outcome, reason } = verdict;
  return { state: outcome === "pr_closed" ? "closed" : "open", back: { outcome, reason } };
}
