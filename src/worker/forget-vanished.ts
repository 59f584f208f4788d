import { basename, sep } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { isKnownDead } from "./process-identity.ts";
import type { WorkSession } from "./work-session.ts";

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
