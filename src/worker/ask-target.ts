import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { admitRun, afterRun, type BreakerState, HEALTHY, parseBreaker } from "#domain/runner/breaker.ts";
import type { TargetRepo } from "./run-places.ts";
import { targetTip } from "./target-tip.ts";
import type { WorkerDeps } from "./worker-deps.ts";

export type AskedTarget =
  | { readonly kind: "there"; readonly base: Sha }
  /** `until`: when it may be asked again, in the worker's time, epoch ms. `often`: several times in a row, so that nobody should wait. */
  | { readonly kind: "silent"; readonly why: string; readonly until: number; readonly often: boolean };

/** After the first failures, before they are a pattern: as long as the first pause of a breaker. */
const FIRST_PAUSE_MS = 30_000;

/** The commit that results go on top of. A remote that does not answer is the repo's trouble on this host, which has a breaker of its own. */
export async function askTarget(deps: WorkerDeps, target: TargetRepo): Promise<AskedTarget> {
  if (target.target.kind === "local") return { kind: "there", base: await targetTip(deps, target) };
  // A runner's name has no colon.
  const runner = `repo:${target.repo.id}@${deps.host}`;
  const keep = (state: BreakerState) => deps.store.runs.setBreaker({ runner, state });
  const before = parseBreaker(await deps.store.runs.breaker({ runner }));
  const answer = admitRun(before, deps.now());
  const { alias } = target.repo;
  if (!answer.admit)
    return {
      kind: "silent",
      why: `The remote of ${alias} did not answer`,
      until: answer.retryAt,
      often: true,
    };
  try {
    const base = await targetTip(deps, target);
    if (before.state !== "closed" || before.failures > 0) await keep(HEALTHY);
    return { kind: "there", base };
  } catch (error) {
    const isSilent = error instanceof SluiceError && typeof error.details["remote"] === "string";
    const after = afterRun(answer.next, isSilent ? "runner_failed" : "unknown", deps.now());
    await keep(after);
    if (!isSilent) throw error;
    const until = after.state === "open" ? after.retryAt : deps.now() + FIRST_PAUSE_MS;
    return { kind: "silent", why: `${alias}: ${error.message}`, until, often: after.state === "open" };
  }
}
