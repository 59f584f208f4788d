import type { Sha } from "#domain/git-ref/sha.ts";
import { patiently } from "./git-patience.ts";
import type { TargetRepo } from "./run-places.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/** Where the branch stands that results go to, asked of its remote where it has one. */
export function targetTip(deps: WorkerDeps, { commonDir, branch, target }: TargetRepo): Promise<Sha> {
  return patiently(deps, { commonDir, branches: [branch] }, () => deps.git.tip({ repo: commonDir, target }));
}
