import { admitRun, type BreakerState, HEALTHY } from "#domain/runner/breaker.ts";
import type { WorkAround } from "#operations/worker/look-around.ts";
import type { WorkerDeps, WorkerRunner } from "./worker-deps.ts";
import type { WorkSession } from "./work-session.ts";
import { workerFacts } from "./worker-process.ts";

export type PickedRunners =
  /** In the order in which they are to be tried. */
  | { readonly kind: "some"; readonly runners: readonly WorkerRunner[] }
  /** Every breaker is open; the first closes at `until` (epoch ms). */
  | { readonly kind: "none"; readonly until: number };

/** The runners whose breaker lets a run start, each in turn first. */
export function pickRunners(session: WorkSession, around: WorkAround): PickedRunners {
  const { deps, options } = session;
  const all = options.runners.map((runner, at) => ({ runner, ...around.runners[at] }));
  const turned = all.map((_, at) => all[(at + session.turn) % all.length]);
  session.turn += 1;
  const runners: WorkerRunner[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (const one of turned) {
    if (one === undefined || one.paused === true) continue;
    const breaker = one.breaker ?? HEALTHY;
    session.breakers.set(one.runner.name, breaker);
    const answer = admitRun(breaker, deps.now());
    if (answer.admit) runners.push(one.runner);
    else until = Math.min(until, answer.retryAt);
  }
  // Runners that people paused are no reason to wait: only a breaker closes again by itself.
  return runners.length > 0 || !Number.isFinite(until) ? { kind: "some", runners } : { kind: "none", until };
}

/** What a runner, or `repo:ID@HOST` for a remote, is about to do or has done. */
type Step = "starts" | "healthy" | "runner_failed" | "unknown";

/** Records it; answers how its breaker is then, and until when it keeps it from starting. */
export async function noteStep(
  deps: WorkerDeps,
  runner: string,
  step: Step,
): Promise<{
  readonly breaker: BreakerState;
  readonly changed: boolean;
  readonly retryAt?: number | undefined;
}> {
  const met = { runner, step, at: deps.now() };
  const { runners } = await deps.port.report({ ...workerFacts(deps), runners: [met] });
  return runners[0] ?? { breaker: HEALTHY, changed: false };
}

/** Notes that a run of this runner starts: a breaker that was open lets one trial through. */
export async function noteRunStart({ deps, breakers }: WorkSession, runner: string): Promise<void> {
  if (breakers.get(runner)?.state !== "closed") await noteStep(deps, runner, "starts");
}

export async function noteRunEnd(
  { deps, options }: WorkSession,
  runner: string,
  health: Exclude<Step, "starts">,
): Promise<void> {
  const { breaker, changed } = await noteStep(deps, runner, health);
  if (changed && breaker.state === "open")
    options.emit({ type: "breaker_open", runner, until: breaker.retryAt });
}
