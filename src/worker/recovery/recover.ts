import { rmSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { OpenedWork } from "#operations/worker/open-work.ts";
import { lookAround } from "#worker/review/loose-review.ts";
import { isKnownDead, parseIdentity } from "#worker/worker-process.ts";
import { runFolder } from "#worker/run/run-folder.ts";
import { recordedPlaces, type RunPlace } from "#worker/run/run-places.ts";
import { saveAllWork } from "#worker/run/save-work.ts";
import type { WorkSession } from "#worker/work-session.ts";

/**
 * Frees what workers of this host left behind when they died: ends their agents' processes, saves their work and gives their
 * items back. Safe to do twice, and by two at once: each write is refused where it has been made.
 */
export async function recover(session: WorkSession): Promise<void> {
  const { deps, options } = session;
  for (const run of await heldRuns(session)) {
    if (session.busy.has(run.id) || !isKnownDead(deps.launcher, run.worker)) continue;
    try {
      await recoverRun(session, run);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      options.emit({ type: "problem", code: error.code, message: error.message, run: runRef(run.id) });
    }
  }
}

/** Runs that still hold their item: those that have not ended, and those whose result is being landed. */
async function heldRuns(session: WorkSession): Promise<readonly Run[]> {
  const { live, reviews } = await lookAround(session);
  const known = new Set(live.map(({ id }) => id));
  const landing = reviews.flatMap(({ item, run }) =>
    run !== undefined && run.id === item.leaseRunId && run.host === session.deps.host ? [run] : [],
  );
  return [...live, ...landing.filter(({ id }) => !known.has(id))];
}

async function recoverRun(session: WorkSession, run: Run): Promise<void> {
  const { deps, options } = session;
  const work = await deps.port.open({ host: deps.host, of: { run: run.id } });
  const { item } = work.detail;
  if (item.leaseId === null || item.leaseRunId !== run.id) return;
  const processesEnded = await endProcesses(session, run);
  if (item.state === "review") {
    await deps.port.leave({
      host: deps.host,
      lease: item.leaseId,
      item: item.id,
      note: "Its worker died",
    });
  } else {
    await endLost(session, run, work);
  }
  options.emit({ type: "recovered", ref: work.ref, run: runRef(run.id), processesEnded });
}

async function endProcesses({ deps }: WorkSession, { token, agent }: Run): Promise<number> {
  if (token === null) return 0;
  const leader = parseIdentity(agent);
  const { ended } = await deps.launcher.endRunProcesses({ token, leader, graceMs: deps.limits.graceMs });
  return ended.length;
}

async function endLost(session: WorkSession, run: Run, work: OpenedWork): Promise<void> {
  const { deps } = session;
  const { port, host } = deps;
  const places = await recordedPlaces(deps, work).catch((): readonly RunPlace[] => []);
  for (const { commonDir: repo, runBranch, branch } of places) {
    await deps.git.clearStaleLocks({ repo, branches: [runBranch, branch] });
  }
  const { title } = work.detail.item;
  await saveAllWork(session, { ref: work.ref, runId: run.id, title }, places);
  const end = { kind: "end", outcome: "interrupted", note: "Its worker died" } as const;
  await port.end({ host, run: run.id, end });
  rmSync(runFolder(deps.stateDir, run.id).temp, { recursive: true, force: true });
}
