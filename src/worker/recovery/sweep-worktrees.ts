import { existsSync, readdirSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import { formatRef, parseRef, runRef } from "#domain/ref.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { deleteLandedBranches } from "#worker/review/landed-branches.ts";
import { runFolder, worktreesDir } from "#worker/run/run-folder.ts";
import { recordedPlaces } from "#worker/run/run-places.ts";
import { closeWorktrees } from "#worker/run/run-worktrees.ts";
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
  return new Set(names.filter((name) => /^R-[1-9]\d*$/.test(name)).map((name) => parseRef(name).number));
}

async function sweep(session: WorkSession, runId: number): Promise<void> {
  const { deps } = session;
  const run = await deps.store.runs.get({ id: runId });
  const detail = await deps.store.items.get({ id: run.itemId });
  if (!isLeft(session, run, detail.item)) return;
  // Once per process: what git will not let go is said once, and stays.
  session.swept.add(runId);
  const folder = runFolder(deps.stateDir, runId);
  const name = { ref: formatRef(session.prefix, run.itemId), run: runRef(runId) };
  const places = await recordedPlaces(deps, detail, run);
  for (const place of places) {
    await saveWork(deps, { ref: name.ref, runId, title: detail.item.title, folder }, place);
  }
  await closeWorktrees({ session, name, folder }, places);
  if (detail.item.state === "done") await deleteLandedBranches({ session, runId, name }, places);
}

/** Over, not about to be checked or landed, not kept as evidence, and its worker can no longer clear it away. */
function isLeft({ deps }: WorkSession, run: Run, item: Item): boolean {
  if (run.endedAt === null || run.outcome === "tampered" || item.leaseRunId === run.id) return false;
  if (item.phase === "verify" || item.phase === "land") return false;
  return run.workerId === deps.workerId || isKnownDead(deps.launcher, run.worker);
}

/** A worktree of a run is named `R-31`, that of a check `check-R-31-1`. */
const OURS = /^(?:check-)?R-([1-9]\d{0,9})(?:-\d+)?$/;

/**
 * Makes git forget worktrees of ours whose folder is gone: whoever removed one was killed between the folder and what git remembers of
 * it. A person's own are left alone: theirs may be on a disk that is not there just now.
 */
export async function forgetVanished(session: WorkSession): Promise<void> {
  const { store, host } = session.deps;
  for (const { path } of await store.projects.repos({ host })) {
    if (path === null) continue;
    await forgetIn(session, path).catch((error: unknown) => {
      // A repository that is gone, or busy, is told where work needs it.
      if (!(error instanceof SluiceError)) throw error;
    });
  }
}

async function forgetIn(session: WorkSession, path: string): Promise<void> {
  const { git, stateDir } = session.deps;
  const { commonDir: repo } = await git.inspect({ path });
  for (const { dir, missing } of await git.listWorktrees({ repo })) {
    const runId = Number(OURS.exec(basename(dir))?.[1]);
    if (!missing || Number.isNaN(runId) || !dir.startsWith(stateDir + sep)) continue;
    if (!(await isOver(session, runId))) continue;
    await git.removeWorktree({ repo, dir }).catch((error: unknown) => {
      if (!(error instanceof SluiceError)) throw error;
      session.options.emit({ type: "problem", code: error.code, message: error.message, run: runRef(runId) });
    });
  }
}

async function isOver({ deps, busy }: WorkSession, runId: number): Promise<boolean> {
  const run: Run = await deps.store.runs.get({ id: runId });
  return run.workerId === deps.workerId ? !busy.has(runId) : isKnownDead(deps.launcher, run.worker);
}
