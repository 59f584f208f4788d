import { admitRun, afterRun, type BreakerState, parseBreaker } from "#domain/runner/breaker.ts";
import type { RunStore } from "#operations/ports/store/run-store.ts";
import type { WorkerDeps, WorkerRunner } from "./worker-deps.ts";
import type { WorkSession } from "./work-session.ts";
import { workerFacts } from "./worker-process.ts";

export type PickedRunners =
  /** In the order in which they are to be tried. */
  | { readonly kind: "some"; readonly runners: readonly WorkerRunner[] }
  /** Every breaker is open; the first closes at `until` (epoch ms). */
  | { readonly kind: "none"; readonly until: number };

async function readBreaker(runs: Pick<RunStore, "breaker">, runner: string): Promise<BreakerState> {
  return parseBreaker(await runs.breaker({ runner }));
}

/** The runners whose breaker lets a run start, each in turn first. */
export async function pickRunners(session: WorkSession): Promise<PickedRunners> {
  const { deps, options } = session;
  const all = options.runners.map((_, at, list) => list[(at + session.turn) % list.length]);
  session.turn += 1;
  const runners: WorkerRunner[] = [];
  let until = Number.POSITIVE_INFINITY;
  const pauses = await deps.store.claims.pauses();
  const isPaused = (name: string): boolean =>
    pauses.some((one) => one.scope === "runner" && one.name === name);
  for (const runner of all) {
    if (runner === undefined || isPaused(runner.name)) continue;
    const answer = admitRun(await readBreaker(deps.store.runs, runner.name), deps.now());
    if (answer.admit) runners.push(runner);
    else until = Math.min(until, answer.retryAt);
  }
  // Runners that people paused are no reason to wait: only a breaker closes again by itself.
  return runners.length > 0 || !Number.isFinite(until) ? { kind: "some", runners } : { kind: "none", until };
}

/** @param runner a runner's name, or `repo:ID@HOST` for a remote */
export async function keepBreaker(deps: WorkerDeps, runner: string, state: BreakerState): Promise<void> {
  await deps.port.report({ ...workerFacts(deps), breakers: [{ runner, state }] });
}

/** Notes that a run of this runner starts: a breaker that was open lets one trial through. */
export async function noteRunStart({ deps }: WorkSession, runner: string): Promise<void> {
  const before = await readBreaker(deps.store.runs, runner);
  if (before.state === "closed") return;
  const answer = admitRun(before, deps.now());
  if (answer.admit) await keepBreaker(deps, runner, answer.next);
}

export async function noteRunEnd(
  { deps, options }: WorkSession,
  runner: string,
  health: "healthy" | "runner_failed" | "unknown",
): Promise<void> {
  const before = await readBreaker(deps.store.runs, runner);
  const after = afterRun(before, health, deps.now());
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  await keepBreaker(deps, runner, after);
  if (after.state === "open") options.emit({ type: "breaker_open", runner, until: after.retryAt });
}
