import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { patiently } from "./git-patience.ts";
import type { TargetRepo } from "./run-places.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/** Where the branch stands that results go to, asked of its remote where it has one. Refuses with `not_found` where it is gone. */
export function targetTip(deps: WorkerDeps, target: TargetRepo): Promise<Sha> {
  const { commonDir, branch } = target;
  return patiently(deps, { commonDir, branches: [branch] }, () =>
    deps.git.tip({ repo: commonDir, target: target.target }).catch((error: unknown) => {
      throw withHint(error, target);
    }),
  );
}

function withHint(error: unknown, { repo, branch }: TargetRepo): unknown {
  if (!(error instanceof SluiceError) || error.code !== "not_found" || error.hint !== undefined) return error;
  const { message, details } = error;
  const hint = `Bring ${branch} back, or name another branch with: sluice repo edit ${repo.alias} --default-branch BRANCH`;
  return new SluiceError("not_found", message, { hint, details, cause: error });
}
