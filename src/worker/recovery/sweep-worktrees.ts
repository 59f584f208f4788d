import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import { parseRef, runRef } from "#domain/ref.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { deleteLandedBranches } from "#worker/review/landed-branches.ts";
import { runFolder, worktreesDir } from "#worker/run/run-folder.ts";
import { recordedPlaces } from "#worker/run/run-places.ts";
import { saveWork } from "#worker/run/save-work.ts";
import type { WorkSession } from "#worker/work-session.ts";
import { isKnownDead } from "#worker/worker-process.ts";

/** Clears away worktrees that dead workers left of runs that are over: their work is on their branch by then. */
export async function sweepWorktrees(session: WorkSession): Promise<void> {
  for (const runId of leftRuns(session.deps.stateDir)) {
    if (session.busy.has(runId) || session.swept.has(runId)) continue;
    try {
      await sweep(session, runId);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const { code, message } = error;
      session.options.emit({ type: "problem", code, message, run: runRef(runId) });
    }
  }
}

function leftRuns(stateDir: string): ReadonlySet<number> {
  const root = worktreesDir(stateDir);
  if (!existsSync(root)) return new Set();
  const names = readdirSync(root).flatMap((alias) => readdirSync(join(root, alias)));
  // Beside each worktree stand files of ours, named after it; one whose removal was cut short has only these.
  const refs = names.flatMap((name) => /^R-[1-9]\d*(?=$|\.)/.exec(name)?.[0] ?? []);
  return new Set(refs.map((ref) => parseRef(ref).number));
}

async function sweep(session: WorkSession, runId: number): Promise<void> {
  const { deps } = session;
  const work = await deps.port.open({ host: deps.host, of: { run: runId } });
  const { run, detail } = work;
  if (run === undefined || !isLeft(session, run, detail.item)) return;
  // Once per process: what git will not let go is said once, and stays.
  session.swept.add(runId);
  const name = { ref: work.ref, run: runRef(runId) };
  const places = await recordedPlaces(deps, work);
  for (const place of places)
    await saveWork(session, { ref: name.ref, runId, title: detail.item.title }, place);
  rmSync(runFolder(deps.stateDir, runId).temp, { recursive: true, force: true });
  if (detail.item.state === "done") await deleteLandedBranches({ session, runId, name }, places);
}

/** Over, not about to be checked or landed, not kept as evidence, and its worker can no longer clear it away. */
function isLeft({ deps }: WorkSession, run: Run, item: Item): boolean {
  if (run.endedAt === null || run.outcome === "tampered" || item.leaseRunId === run.id) return false;
  if (item.phase === "verify" || item.phase === "land") return false;
  return run.workerId === deps.workerId || isKnownDead(deps.launcher, run.worker);
}
