import { SluiceError } from "#domain/errors.ts";
import { findLanded } from "./landed-before.ts";
import type { ReviewContext } from "./review-context.ts";

/** Removes the run's branches whose work the target holds. One that git finds unmerged stays. */
export async function deleteLandedBranches(review: ReviewContext): Promise<void> {
  const { deps, options } = review.session;
  for (const place of review.places) {
    const landed = await findLanded(review, place);
    if (landed === undefined) continue;
    const { commonDir: repo, runBranch: branch } = place;
    try {
      await deps.git.deleteBranch({ repo, branch, head: await deps.git.headOf({ repo, branch }), landed });
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      options.emit({ type: "problem", code: error.code, message: error.message, run: review.name.run });
    }
  }
}
