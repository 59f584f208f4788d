import type { Run } from "#operations/ports/store/run-store.ts";
import { runRef } from "#domain/ref.ts";

/** Stands first in the brief of an agent that remembers an earlier run: what of its memory holds no more. */
export function resumedText(former: Run): string {
  const branches = former.repos.flatMap(({ branch }) => (branch === null ? [] : [branch]));
  const work =
    branches.length === 0
      ? []
      : [
          `Your work so far, what was uncommitted included, is on ${branches.join(", ")}: look at it, and take over what still holds (git merge, git cherry-pick).`,
        ];
  return [
    `## You go on where you were`,
    `You worked on this before, as ${runRef(former.id)}, which ended as ${former.outcome ?? "lost"}. This is a new run; what you remember holds, except:`,
    "- Your working folder is the one named below, made anew from the tip of the target branch. The former folder is gone; use none of its paths.",
    ...work.map((text) => `- ${text}`),
    "- What you had started runs no more. Your lease is a new one, in $SLUICE_LEASE.",
    "- The item may have changed. What follows is how it stands now, and is right where you remember it otherwise.",
  ].join("\n");
}
