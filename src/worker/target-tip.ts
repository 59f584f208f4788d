import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { untrustedNote } from "#operations/git/untrusted-repos.ts";
import { noteStep } from "./pick-runner.ts";
import { patiently } from "./git-patience.ts";
import type { TargetRepo } from "./run/run-places.ts";
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

export type AskedTarget =
  | { readonly kind: "there"; readonly base: Sha }
  /** `until`: when it may be asked again, in the worker's time, epoch ms. `often`: several times in a row, so that nobody should wait. */
  | { readonly kind: "silent"; readonly why: string; readonly until: number; readonly often: boolean };

/** After the first failures, before they are a pattern: as long as the first pause of a breaker. */
const FIRST_PAUSE_MS = 30_000;

/** A person has to look at the repository's settings first. */
const UNTRUSTED_PAUSE_MS = 5 * 60_000;

/** The commit that results go on top of. A remote that does not answer is the repo's trouble on this host, which has a breaker of its own. */
export async function askTarget(deps: WorkerDeps, target: TargetRepo): Promise<AskedTarget> {
  if (target.target.kind === "local") return { kind: "there", base: await targetTip(deps, target) };
  const untrusted = await untrustedNote(deps.git, target.repo);
  if (untrusted !== undefined)
    return { kind: "silent", why: untrusted, until: deps.now() + UNTRUSTED_PAUSE_MS, often: true };
  // A runner's name has no colon.
  const runner = `repo:${target.repo.id}@${deps.host}`;
  const { alias } = target.repo;
  const { breaker, retryAt } = await noteStep(deps, runner, "starts");
  if (retryAt !== undefined)
    return { kind: "silent", why: `The remote of ${alias} did not answer`, until: retryAt, often: true };
  try {
    const base = await targetTip(deps, target);
    if (breaker.state !== "closed" || breaker.failures > 0) await noteStep(deps, runner, "healthy");
    return { kind: "there", base };
  } catch (error) {
    const isSilent = error instanceof SluiceError && typeof error.details["remote"] === "string";
    const { breaker: after } = await noteStep(deps, runner, isSilent ? "runner_failed" : "unknown");
    if (!isSilent) throw error;
    const until = after.state === "open" ? after.retryAt : deps.now() + FIRST_PAUSE_MS;
    return { kind: "silent", why: `${alias}: ${error.message}`, until, often: after.state === "open" };
  }
}
