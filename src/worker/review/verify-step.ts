import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { checkMerge } from "./check-merge.ts";
import { patiently } from "#worker/git-patience.ts";
import type { ReviewContext, StepResult } from "./review-context.ts";
import type { RunPlace } from "#worker/run/run-places.ts";
import { saveWork } from "#worker/run/save-work.ts";
import { targetTip } from "#worker/target-tip.ts";

/** Phase `verify`: what the run leaves is brought into form, merged with its target's tip and checked there. */
export async function verifyStep(review: ReviewContext): Promise<StepResult> {
  const looks: string[] = [];
  let changed = 0;
  for (const place of review.places) {
    const head = await finalHead(review, place);
    if (head === undefined) continue;
    if (typeof head !== "string") return head;
    changed += 1;
    const tip = await targetTip(review.session.deps, place);
    const result = await checkMerge(review, place, { tip, head });
    if (result.kind === "interrupted") return { kind: "left", note: "The check was interrupted" };
    if (result.kind === "failed") return { ...result, kind: "returned" };
    if (result.kind === "empty") continue;
    review.checked.set(place.repo.id, result.checked);
    if (result.look !== undefined) looks.push(result.look);
  }
  if (changed === 0)
    return { kind: "returned", outcome: "unexplained", reason: "It reported a change but left none" };
  return looks.length === 0 ? { kind: "passed" } : { kind: "passed", to: "human", note: looks.join("\n") };
}

/**
 * The run's branch with everything on it: its work brought back, messages with the ref, the human's name on each commit. Commits that git
 * itself refuses are no result.
 */
async function finalHead(
  review: ReviewContext,
  place: RunPlace,
): Promise<Sha | undefined | (StepResult & { readonly kind: "returned" })> {
  const { deps } = review.session;
  const { ref } = review.name;
  let saved: Sha | undefined;
  try {
    const { title } = review.detail.item;
    saved = await saveWork(review.session, { ref, runId: review.runId, title }, place);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "denied") throw error;
    return { kind: "returned", outcome: "tampered", reason: error.message };
  }
  if (saved === undefined) return undefined;
  const from = saved;
  const { commonDir: repo, runBranch: branch, base } = place;
  const head = await patiently(deps, { commonDir: repo, branches: [branch] }, () =>
    deps.git.rewriteMessages({ repo, branch, head: from, base, ref }),
  );
  const record = { repoId: place.repo.id, target: place.branch, headSha: head };
  await deps.port.record({ host: deps.host, run: review.runId, facts: { repo: record } });
  return head;
}
