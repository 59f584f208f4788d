import type { Sha } from "#domain/git-ref/sha.ts";
import type { CheckoutRule, LandResult } from "#operations/ports/git.ts";
import { indexed } from "#operations/git/index-repo.ts";
import { checkMerge } from "./check-merge.ts";
import { patiently } from "#worker/git-patience.ts";
import { HUMAN_PAUSE_MS, type CheckedMerge, type ReviewContext, type StepResult } from "./review-context.ts";
import { openPullRequests } from "./open-pull-requests.ts";
import { findLanded, reusableMerge, runHead } from "./landed-branches.ts";
import type { RunPlace } from "#worker/run/run-places.ts";
import { targetTip } from "#worker/target-tip.ts";

/** Long enough to write the intent and move a branch; short, so that a dead worker does not keep others from landing. */
const TARGET_LOCK_MS = 5_000;
/** How often a target that another lands on is asked for. */
const LOCK_POLL_MS = 100;
/** `left` and `returned` end the step; the others go on. */
type Landing =
  | { readonly kind: "landed"; readonly commit: Sha }
  | { readonly kind: "nothing" | "again" }
  | Exclude<StepResult, { readonly kind: "passed" }>;

/** Phase `land`: each repo's merge result goes to its target, as it was checked, or not at all. */
export async function landStep(review: ReviewContext): Promise<StepResult> {
  const { landing: rule } = review.project;
  if (rule === "pr") return openPullRequests(review);
  if (rule !== "merge") return { kind: "passed", note: "The work stays on its branch" };
  for (const place of review.places) {
    const landing = await landPlace(review, place);
    if (landing.kind === "left" || landing.kind === "returned") return landing;
    if (landing.kind === "landed") await giveEvidence(review, place, landing.commit);
  }
  return { kind: "passed" };
}

async function landPlace(
  review: ReviewContext,
  place: RunPlace,
): Promise<Exclude<Landing, { kind: "again" }>> {
  for (;;) {
    if (review.halt.aborted) return { kind: "left", note: "The worker was stopped" };
    const commit = await findLanded(review, place);
    if (commit !== undefined) return { kind: "landed", commit };
    const landing = await tryLanding(review, place);
    if (landing.kind === "landed") {
      const { alias } = place.repo;
      const event = { repo: alias, target: place.branch, commit: landing.commit };
      review.session.options.emit({ type: "landed", ...review.name, ...event });
    }
    if (landing.kind !== "again") return landing;
  }
}

async function tryLanding(review: ReviewContext, place: RunPlace): Promise<Landing> {
  const { deps } = review.session;
  const checked = review.checked.get(place.repo.id);
  if (checked !== undefined) return putOnTarget(review, place, checked);
  const head = await runHead(deps, place);
  if (head === undefined) return { kind: "nothing" };
  const tip = await targetTip(deps, place);
  const known = await reusableMerge(review, place, tip);
  if (known !== undefined) return putOnTarget(review, place, known);
  const result = await checkMerge(review, place, { tip, head });
  switch (result.kind) {
    case "interrupted":
      return { kind: "left", note: "The check was interrupted" };
    case "failed":
      return { ...result, kind: "returned" };
    case "empty":
      return nothingOrLanded(review, place);
    case "passed":
      review.checked.set(place.repo.id, result.checked);
      return putOnTarget(review, place, result.checked);
  }
}

/** Another who was taken for dead may have landed it while this one built on the tip. */
async function nothingOrLanded(review: ReviewContext, place: RunPlace): Promise<Landing> {
  const commit = await findLanded(review, place);
  return commit === undefined ? { kind: "nothing" } : { kind: "landed", commit };
}

type CheckedOut = LandResult & { readonly kind: "checked_out" };
/** Paths of a checkout that a note names. */
const MAX_PATHS = 5;

/** Why a checkout stays where it is. */
const CHECKED_OUT = {
  kept: "and stays there",
  absent: "in a folder that does not exist",
  unfinished: "amid a rebase, merge or the like",
  several: "more than once",
  filtered: "and a content filter such as git-lfs, which runs only when you ask, has to make its files",
  changed: "with something of yours in the way",
} as const satisfies Record<CheckedOut["state"], string>;

function whereItStands({ worktree, state, paths }: CheckedOut): string {
  const more = paths.length > MAX_PATHS ? ` and ${paths.length - MAX_PATHS} more` : "";
  const named = paths.length === 0 ? "" : `: ${paths.slice(0, MAX_PATHS).join(", ")}${more}`;
  return `is checked out at ${worktree}, ${CHECKED_OUT[state]}${named}`;
}

/** Under the target's lock: record the intent, move the branch, record what came of it. */
async function putOnTarget(
  review: ReviewContext,
  place: RunPlace,
  { tip, merge }: CheckedMerge,
): Promise<Landing> {
  const { port, host, sleep } = review.session.deps;
  const on = { repoId: place.repo.id, target: place.branch };
  const facts = { run: review.runId, item: review.detail.item.id, tip, merge };
  const { landing } = await port.intend({ host, ...facts, on, ttl: TARGET_LOCK_MS });
  if (landing === undefined) {
    await sleep(LOCK_POLL_MS, review.halt);
    return { kind: "again" };
  }
  const settle = (state?: "landed" | "abandoned") =>
    port.settle({ host, landing: landing.id, state, lock: { ...on, lease: landing.lock } });
  // What came of a move that broke off is for the next look at the target to say.
  const result = await moveTarget(review, place, { tip, merge }).catch(async (error: unknown) => {
    await settle();
    throw error;
  });
  await settle(result.kind === "landed" ? "landed" : "abandoned");
  return landingOf(review, place, merge, result);
}

/** A killed git can leave the branch's lock file behind, which nobody but the next to land would clear. */
function moveTarget(
  review: ReviewContext,
  place: RunPlace,
  { tip, merge }: CheckedMerge,
): Promise<LandResult> {
  const { deps } = review.session;
  const { commonDir, branch, target } = place;
  const landing = { target, from: tip, to: merge, checkout: checkoutRule(review, place) };
  return patiently(deps, { commonDir, branches: [branch] }, () =>
    deps.git.land({ repo: commonDir, ...landing }),
  );
}

/** The repository's word, else the project's, else the workspace's; a person who asks for this landing overrules all. */
function checkoutRule({ work, project, isAsked }: ReviewContext, { repo }: RunPlace): CheckoutRule {
  if (isAsked) return "with_filters";
  return (repo.fastForward ?? project.policy.fastForward ?? work.movesCheckouts) ? "moves" : "stays";
}

function landingOf(review: ReviewContext, place: RunPlace, merge: Sha, result: LandResult): Landing {
  const pauseMs = HUMAN_PAUSE_MS;
  switch (result.kind) {
    case "landed":
      return { kind: "landed", commit: merge };
    case "moved":
      review.checked.delete(place.repo.id);
      return { kind: "again" };
    case "checked_out": {
      const note = `${place.branch} ${whereItStands(result)}`;
      return { kind: "left", forHuman: true, pauseMs, note };
    }
    case "refused": {
      const { alias } = review.project;
      const hint = `The work is on ${place.runBranch}; land it by pull request with: sluice project edit ${alias} --landing pr, or leave it on its branch with --landing branch`;
      const note = `${place.branch} refused it: ${result.message}. ${hint}`;
      return { kind: "left", forHuman: true, pauseMs, note };
    }
  }
}

/** The commit becomes evidence, and is in the index from then on. */
async function giveEvidence(review: ReviewContext, place: RunPlace, commit: Sha): Promise<void> {
  const { port, host, git } = review.session.deps;
  const checked = review.checked.get(place.repo.id);
  const range = { repo: place.commonDir, from: place.base, to: commit, limit: 1 };
  const record =
    checked?.merge === commit && checked.record !== undefined
      ? checked.record
      : (await git.commitsBetween(range))[0];
  const history =
    record === undefined
      ? undefined
      : { repoId: place.repo.id, commits: [indexed(record, [review.work.prefix])] };
  await port.record({ host, run: review.runId, commit, history });
}
