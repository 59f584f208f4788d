import { SluiceError } from "#domain/errors.ts";
import { parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { LandingIntent } from "#operations/ports/store/run-store.ts";
import { patiently } from "#worker/git-patience.ts";
import type { RunContext } from "#worker/run/run-context.ts";
import type { RunPlace } from "#worker/run/run-places.ts";
import type { RunName } from "#worker/worker-event.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";
import type { CheckedMerge } from "./review-context.ts";

type LandedRun = Pick<RunContext, "session" | "runId">;

/**
 * What of this run is on the target already: recorded as landed, or found there although its worker died before it could
 * say so, or brought there by a person. Intents that came to nothing are abandoned.
 */
export async function findLanded(run: LandedRun, place: RunPlace): Promise<Sha | undefined> {
  const { deps } = run.session;
  for (const landing of await landingsOf(run, place)) {
    const commit = parseSha(landing.merge);
    if (landing.state === "landed") return commit;
    const { commonDir: repo, target } = place;
    if (await deps.git.landedAlready({ repo, target, commit })) {
      await deps.port.settle({ host: deps.host, landing: landing.id, state: "landed" });
      return commit;
    }
    if (landing.state === "intended") {
      await deps.port.settle({ host: deps.host, landing: landing.id, state: "abandoned" });
    }
  }
  return undefined;
}

/** A merge on this very tip that an earlier try had checked: an intent is recorded only after the check. */
export async function reusableMerge(
  run: LandedRun,
  place: RunPlace,
  tip: Sha,
): Promise<CheckedMerge | undefined> {
  const known = (await landingsOf(run, place)).find((landing) => landing.tip === tip);
  return known === undefined ? undefined : { tip, merge: parseSha(known.merge) };
}

async function landingsOf(run: LandedRun, place: RunPlace): Promise<readonly LandingIntent[]> {
  const { port, host } = run.session.deps;
  const { landings } = await port.open({ host, of: { run: run.runId } });
  return landings.filter(({ repoId, target }) => repoId === place.repo.id && target === place.branch);
}

/** Where the branch of a run's result stands; undefined where it left none. */
export async function runHead(
  deps: WorkerDeps,
  { commonDir: repo, runBranch: branch }: RunPlace,
): Promise<Sha | undefined> {
  try {
    return await deps.git.headOf({ repo, branch });
  } catch (error) {
    if (error instanceof SluiceError && error.code === "not_found") return undefined;
    throw error;
  }
}

/**
 * Removes the run's branches whose work the target holds. One that git finds unmerged stays.
 * @param checked by repo id: what this process made, and of which head
 */
export async function deleteLandedBranches(
  run: LandedRun & { readonly name: RunName; readonly checked?: ReadonlyMap<number, CheckedMerge> },
  places: readonly RunPlace[],
): Promise<void> {
  const { deps, options } = run.session;
  for (const place of places) {
    const landed = await findLanded(run, place);
    if (landed === undefined) continue;
    const { commonDir: repo, runBranch: branch } = place;
    const made = run.checked?.get(place.repo.id);
    const from = made?.merge === landed ? made.head : undefined;
    try {
      await patiently(deps, { commonDir: repo, branches: [branch] }, () =>
        deps.git.deleteBranch({ repo, branch, landed, from }),
      );
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      options.emit({ type: "problem", code: error.code, message: error.message, run: run.name.run });
    }
  }
}
