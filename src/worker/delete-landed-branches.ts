import { SluiceError } from "#domain/errors.ts";
import { patiently } from "./git-patience.ts";
import { findLanded, type LandedRun } from "./landed-before.ts";
import type { RunPlace } from "./run-places.ts";
import type { RunName } from "./worker-event.ts";

/** Removes the run's branches whose work the target holds. One that git finds unmerged stays. */
export async function deleteLandedBranches(
  run: LandedRun & { readonly name: RunName },
  places: readonly RunPlace[],
): Promise<void> {
  const { deps, options } = run.session;
  for (const place of places) {
    const landed = await findLanded(run, place);
    if (landed === undefined) continue;
    const { commonDir: repo, runBranch: branch } = place;
    const remove = async (): Promise<void> => {
      const names = await deps.git.refNames({ repo, kind: "branch" });
      if (!names.includes(branch)) return;
      await deps.git.deleteBranch({ repo, branch, head: await deps.git.headOf({ repo, branch }), landed });
    };
    try {
      await patiently(deps, { commonDir: repo, branches: [branch] }, remove);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      options.emit({ type: "problem", code: error.code, message: error.message, run: run.name.run });
    }
  }
}
