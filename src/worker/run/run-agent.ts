import type { Item } from "#domain/item/item.ts";
import { runRef } from "#domain/ref.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import {
  type Isolation,
  RUN_SOCKET,
  type RunHandle,
  type RunnerEvent,
  type RunnerResult,
} from "#operations/ports/launcher.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { BriefPlace, ServedRun } from "#worker/worker-deps.ts";
import { formatIdentity } from "#worker/worker-process.ts";
import { agentEnvironment, agentOf, agentReach, toolServer } from "./agent-environment.ts";
import { agentConfinement, agentIsolation } from "./confine.ts";
import { type FormerRun, formerRun, isSessionGone, spentByRun } from "./resume-session.ts";
import type { AgentRun, RunContext } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/** Outcomes with which an agent itself ends its lease: it may take its time to exit. */
const REPORTED: ReadonlySet<string> = new Set<Outcome>([
  "changed",
  "already_satisfied",
  "no_change",
  "blocked",
  "asked",
  "released",
]);

/** Earlier runs that a brief names. */
const EARLIER_RUNS = 20;

/**
 * Starts the agent in its worktree and waits until nothing of it is left. What it reports goes into the run's record. An agent that was
 * cut off goes on where it was; where its session is gone, a new one begins in the same run.
 */
export async function runAgent(
  run: AgentRun,
  places: readonly RunPlace[],
  cwd: string,
): Promise<RunnerResult> {
  const earlier = earlierRuns(run);
  const former = formerRun(run, earlier);
  const result = await startAgent(run, { places, cwd, earlier, former });
  if (former === undefined || !isSessionGone(result) || run.halt.aborted) return result;
  const message = `The session of ${runRef(former.id)} could not be resumed, so a new one begins: ${result.message}`;
  run.session.options.emit({ type: "problem", code: "unavailable", message, run: run.name.run });
  return startAgent(run, { places, cwd, earlier, former: undefined });
}

interface Start {
  readonly places: readonly RunPlace[];
  readonly cwd: string;
  /** Runs of the item that ended before, newest first. */
  readonly earlier: readonly Run[];
  /** The one whose session goes on. */
  readonly former: FormerRun | undefined;
}

async function startAgent(run: AgentRun, start: Start): Promise<RunnerResult> {
  const { deps } = run.session;
  const startedAt = deps.now();
  const isolation = agentIsolation(deps, run.project);
  const own = isolation === "bubblewrap" ? await deps.serveRun?.(servedRun(run)) : undefined;
  try {
    const handle = await launch(run, start, own?.socket);
    const result = await follow(run, handle, isolation);
    await recordResult(run, start, result, Math.max(0, deps.now() - startedAt));
    return result;
  } finally {
    await own?.close();
  }
}

function launch(run: AgentRun, start: Start, socket: string | undefined): Promise<RunHandle> {
  const { launcher, limits, workspace: place } = run.session.deps;
  const { places, cwd, former } = start;
  const workspace = socket === undefined ? place : `unix:${RUN_SOCKET}`;
  return launcher.start({
    runner: run.runner.spec,
    cwd,
    brief: briefOf(run, start),
    briefFile: run.folder.brief,
    tempDir: run.folder.temp,
    env: agentEnvironment(run, workspace),
    mcp: toolServer(run, workspace),
    reach: agentReach(places, workspace),
    confinement: agentConfinement(run, places, socket),
    resume: former?.sessionId,
    marker: { run: run.name.run, token: run.token },
    timeoutMs: limits.runTimeoutMs,
    stallMs: limits.stallMs,
    graceMs: limits.graceMs,
    maxLogBytes: limits.maxLogBytes,
    logFile: run.folder.agentLog,
    secrets: secretsOf(run),
    signal: run.session.stop,
    onEvent: sessionNoter(run, former),
  });
}

/** Until nothing of the agent is left, whatever the store answers: its run cannot end before it. */
async function follow(run: AgentRun, handle: RunHandle, isolation: Isolation): Promise<RunnerResult> {
  const { port, host } = run.session.deps;
  // Before anything is asked of the store: it may not answer until the lease has ended.
  const unwatch = stopWhenLost(run, handle);
  const leader = handle.process;
  try {
    if (leader !== undefined)
      await port.record({ host, run: run.runId, facts: { agent: formatIdentity(leader), isolation } });
    run.session.options.emit({
      type: "running",
      ...run.name,
      isolation,
      ...(leader === undefined ? {} : { pid: leader.pid }),
    });
    const result = await whileWatched(run, handle);
    if (result.survivors !== undefined)
      run.session.options.emit({ type: "outlived", ...run.name, processes: result.survivors });
    return result;
  } catch (error) {
    handle.stop("its worker could not go on");
    await handle.result;
    throw error;
  } finally {
    unwatch();
  }
}

const servedRun = (run: AgentRun): ServedRun => ({
  actor: agentOf(run),
  run: run.name.run,
  leaseId: run.leaseId,
  projectId: run.project.id,
  folder: run.folder.dir,
});

async function whileWatched(run: AgentRun, handle: RunHandle): Promise<RunnerResult> {
  const ended = new AbortController();
  const watched = watchCalls(run, handle, ended.signal);
  const result = await handle.result;
  ended.abort();
  await watched;
  return result;
}

const earlierRuns = ({ work, runId }: AgentRun): readonly Run[] =>
  work.runs.filter(({ id }) => id !== runId).slice(0, EARLIER_RUNS);

function briefOf(run: AgentRun, { places, earlier, former }: Start): string {
  return run.session.deps.brief(run.detail, {
    ...run.name,
    places: places.map((place) => briefPlace(place)),
    earlier: earlier.toReversed(),
    resumes: former,
  });
}

function briefPlace({ repo, dir, runBranch: branch, base, branch: target }: RunPlace): BriefPlace {
  return { alias: repo.alias, dir, branch, base, target };
}

/** What must not reach the log: the rights of this run, and a database's address with its password. */
function secretsOf({ session, leaseId, token }: AgentRun): readonly string[] {
  const { workspace } = session.deps;
  return workspace.includes("://") ? [leaseId, token, workspace] : [leaseId, token];
}

/** Keeps the session's name as soon as it is told, for whoever goes on where a dead worker left. */
function sessionNoter(run: AgentRun, former: FormerRun | undefined): (event: RunnerEvent) => void {
  const { deps, options } = run.session;
  let isKnown = false;
  return (event) => {
    if (event.type !== "session" || isKnown) return;
    isKnown = true;
    const { sessionId } = event;
    if (former !== undefined)
      options.emit({ type: "resumed", ...run.name, former: runRef(former.id), session: sessionId });
    const facts = { sessionId, resumes: former?.id };
    void deps.port.record({ host: deps.host, run: run.runId, facts }).catch(() => {
      // The result brings the session again; a busy store does not end the run.
    });
  };
}

/** An agent that has reported may exit by itself; one whose run was revoked or has expired is stopped at once. */
function stopWhenLost(run: AgentRun, handle: RunHandle): () => void {
  const { deps } = run.session;
  const exited = new AbortController();
  const stop = async (): Promise<void> => {
    // A store that cannot be asked leaves it at that: whoever has lost a lease may not go on for want of an answer.
    const unasked = deps.sleep(deps.limits.graceMs, exited.signal);
    if ((await Promise.race([hasReported(run), unasked])) === true)
      await deps.sleep(deps.limits.lingerMs, exited.signal);
    handle.stop("its lease has ended");
  };
  const onLost = (): void => {
    stop().catch(() => handle.stop("its lease has ended"));
  };
  if (run.lease.lost.aborted) onLost();
  run.lease.lost.addEventListener("abort", onLost, { once: true });
  return () => {
    exited.abort();
    run.lease.lost.removeEventListener("abort", onLost);
  };
}

async function hasReported({ session, name }: AgentRun): Promise<boolean> {
  const { outcome, reported } = (await session.deps.port.run({ run: name.run })).run;
  return (outcome !== undefined && REPORTED.has(outcome)) || reported !== undefined;
}

async function recordResult(
  run: AgentRun,
  { earlier, former }: Start,
  result: RunnerResult,
  workedMs: number,
): Promise<void> {
  const { sessionId } = result;
  const { port, host } = run.session.deps;
  const facts = {
    sessionId,
    resumes: sessionId === undefined ? undefined : former?.id,
    ...spentByRun(result, sessionId, earlier),
    workedMs,
    logPath: run.folder.agentLog,
    logBytes: result.logBytes,
  };
  await port.record({ host, run: run.runId, facts });
}

/** Looks in one stall limit: a call is seen well before the agent would be taken for stalled. */
const LOOKS_PER_STALL = 4;

/** An agent that works silently but calls the backlog is alive: each call that moved its item, or renewed its lease, says so. */
async function watchCalls(
  run: Pick<RunContext, "session" | "runId" | "detail" | "leaseId" | "lease">,
  handle: Pick<RunHandle, "activity">,
  ended: AbortSignal,
): Promise<void> {
  const { port, host, limits, sleep } = run.session.deps;
  let seen = run.detail.item;
  while (!ended.aborted) {
    await sleep(limits.stallMs / LOOKS_PER_STALL, ended);
    if (ended.aborted) return;
    try {
      const { item } = (await port.open({ host, of: { run: run.runId } })).detail;
      if (item.leaseId !== run.leaseId) return;
      if (isCall(seen, item, run.lease.renewedUntil())) handle.activity();
      seen = item;
    } catch {
      // A busy store does not end the run: the next look sees the same call.
    }
  }
}

function isCall(before: Item, after: Item, renewedUntil: number | undefined): boolean {
  const isOurs = after.leaseExpiresAt === before.leaseExpiresAt || after.leaseExpiresAt === renewedUntil;
  return after.eventN !== before.eventN || !isOurs;
}
