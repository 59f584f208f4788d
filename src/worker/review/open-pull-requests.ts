import { SluiceError } from "#domain/errors.ts";
import { type ForgeRepo, parseForgeRepo } from "#domain/forge/pull-request.ts";
import { shellQuote } from "#domain/text/shell-quote.ts";
import { requireRun } from "#operations/worker/open-work.ts";
import type { OpenedPullRequest, PullRequestWish } from "#operations/ports/forge.ts";
import { patiently } from "#worker/git-patience.ts";
import { HUMAN_PAUSE_MS, type ReviewContext, type StepResult } from "./review-context.ts";
import { REMOTE, type RunPlace } from "#worker/run/run-places.ts";

/** Characters that common forges show of a title without breaking it. */
const MAX_TITLE = 200;

/** Landing `pr`: the run's branch is pushed as it was checked, and the forge is asked to merge it. Git then says when that has happened. */
export async function openPullRequests(review: ReviewContext): Promise<StepResult> {
  const notes: string[] = [];
  for (const place of review.places) {
    if (!(await hasWork(review, place))) continue;
    const refused = await push(review, place);
    if (refused !== undefined) return leftToPerson(refused);
    const opened = await openOrRefuse(review, place);
    if (opened.kind === "refused") return leftToPerson(opened.why);
    notes.push(opened.note);
  }
  return notes.length === 0 ? { kind: "passed" } : { kind: "passed", note: notes.join("\n") };
}

async function hasWork({ session: { deps } }: ReviewContext, place: RunPlace): Promise<boolean> {
  const { commonDir: repo, runBranch: branch, base } = place;
  const branches = await deps.git.refNames({ repo, kind: "branch" });
  return branches.includes(branch) && (await deps.git.headOf({ repo, branch })) !== base;
}

/** Why it was not pushed; undefined where it is there. */
async function push({ session: { deps } }: ReviewContext, place: RunPlace): Promise<string | undefined> {
  const { commonDir: repo, runBranch: branch } = place;
  const { alias } = place.repo;
  const { remoteUrl } = await deps.git.inspect({ path: repo });
  if (remoteUrl === undefined)
    return `The repo ${alias} has no remote ${REMOTE}, so ${branch} cannot be opened for review. Add one, or leave the work on its branch with: sluice project edit ${place.repo.project} --landing branch`;
  const result = await patiently(deps, { commonDir: repo, branches: [branch] }, () =>
    deps.git.pushBranch({ repo, branch, remote: REMOTE }),
  );
  switch (result.kind) {
    case "landed":
      return undefined;
    case "moved":
      return `${REMOTE} has another ${branch} already, which is never overwritten`;
    case "refused":
      return `${REMOTE} refused ${branch}: ${result.message}`;
    case "checked_out":
      return `${branch} is checked out at ${REMOTE}`;
  }
}

type Opened =
  | { readonly kind: "opened"; readonly note: string }
  | { readonly kind: "refused"; readonly why: string };

async function openOrRefuse(review: ReviewContext, place: RunPlace): Promise<Opened> {
  try {
    return { kind: "opened", note: await open(review, place) };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.details["forge"] !== true) throw error;
    return {
      kind: "refused",
      why: `No pull request was opened: ${error.message}. ${error.hint ?? ""}`.trimEnd(),
    };
  }
}

/** What a person sees: the pull request, or the command that opens it. */
async function open(review: ReviewContext, place: RunPlace): Promise<string> {
  const { deps, options } = review.session;
  const { runBranch: branch, branch: target } = place;
  const wish = { branch, target, title: titleOf(review), body: bodyOf(review, place) };
  const repo = await forgeRepo(review, place);
  const opened: OpenedPullRequest =
    repo === undefined
      ? { kind: "unserved", why: `${REMOTE} is not on a supported forge` }
      : await deps.forge.open({ repo, ...wish });
  if (opened.kind === "unserved")
    return `${branch} is pushed to ${REMOTE}; ${opened.why}. Open the pull request there, or with: ${commandOf(wish)}`;
  const { number, url } = opened;
  const pullRequest = { state: "open", repoId: place.repo.id, number, url, branch, target } as const;
  await deps.port.record({ host: deps.host, run: review.runId, pullRequest });
  options.emit({ type: "pull_request", ...review.name, repo: place.repo.alias, url });
  await closeFormer(review, place, opened);
  return `Pull request: ${url}`;
}

async function forgeRepo(
  { session: { deps } }: ReviewContext,
  { commonDir }: RunPlace,
): Promise<ForgeRepo | undefined> {
  const { remoteUrl = "" } = await deps.git.inspect({ path: commonDir });
  return parseForgeRepo(remoteUrl);
}

const commandOf = ({ branch, target, title, body }: Omit<PullRequestWish, "repo">): string =>
  ["gh", "pr", "create", "--head", branch, "--base", target, `--title=${title}`, `--body=${body}`]
    .map(shellQuote)
    .join(" ");

const titleOf = ({ name, detail }: ReviewContext): string =>
  `${name.ref}: ${detail.item.title}`.slice(0, MAX_TITLE);

/** No text of the item: what is private to the backlog stays there, and no word of it commands the forge. */
function bodyOf({ name, project, work }: ReviewContext, { branch }: RunPlace): string {
  const { holder } = requireRun(work);
  const check =
    project.check === null
      ? "The project has no check."
      : `The project's check passed on the result merged with ${branch}.`;
  return `Item ${name.ref}, run ${name.run} by ${holder}. ${check}`;
}

/** A later run's pull request takes the place of an earlier one's; its talk stays to be read. */
async function closeFormer(
  review: ReviewContext,
  place: RunPlace,
  { number, url }: OpenedPullRequest & { readonly kind: "opened" },
): Promise<void> {
  const { deps, options } = review.session;
  const repo = await forgeRepo(review, place);
  const open = review.work.pullRequests.filter(({ state }) => state === "open");
  for (const former of open.filter((one) => one.repoId === place.repo.id && one.number !== number)) {
    if (repo === undefined) return;
    try {
      await deps.forge.close({ repo, number: former.number, comment: `Superseded by ${url}` });
      const pullRequest = { state: "closed", id: former.id } as const;
      await deps.port.record({ host: deps.host, run: former.runId, pullRequest });
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      options.emit({ type: "problem", code: error.code, message: error.message, run: review.name.run });
    }
  }
}

const leftToPerson = (note: string): StepResult => ({
  kind: "left",
  forHuman: true,
  pauseMs: HUMAN_PAUSE_MS,
  note,
});
