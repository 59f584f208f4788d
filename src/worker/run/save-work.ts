import { existsSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { patiently } from "#worker/git-patience.ts";
import { keptCopies, cacheRoot, type RunFolder } from "./run-folder.ts";
import { withdrawFiles } from "./provide-files.ts";
import type { RunPlace } from "./run-places.ts";
import type { WorkSession } from "#worker/work-session.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";

/**
 * Puts what is uncommitted in a run's worktree onto the run's branch; answers the branch's head, undefined where the
 * branch was never made. Call it when no process of the run lives.
 */
export async function saveWork(
  deps: WorkerDeps,
  run: { readonly ref: string; readonly runId: number; readonly title: string; readonly folder: RunFolder },
  place: RunPlace,
): Promise<Sha | undefined> {
  const { commonDir: repo, runBranch: branch, dir } = place;
  if (!(await branchExists(deps, place))) return undefined;
  if (existsSync(dir)) {
    const { alias } = place.repo;
    withdrawFiles(place.repo, dir, cacheRoot(deps.stateDir, alias), keptCopies(run.folder, alias));
    const message = `${run.ref}: ${run.title}`;
    await patiently(deps, { commonDir: repo, branches: [branch] }, () =>
      deps.git.salvage({ repo, dir, branch, message }),
    );
  }
  const head = await deps.git.headOf({ repo, branch });
  const facts = { repo: { repoId: place.repo.id, target: place.branch, headSha: head } };
  await deps.port.record({ host: deps.host, run: run.runId, facts });
  return head;
}

async function branchExists(deps: WorkerDeps, place: RunPlace): Promise<boolean> {
  const names = await deps.git.refNames({ repo: place.commonDir, kind: "branch" });
  return names.includes(place.runBranch);
}

/**
 * The same for all places of a run. What cannot be saved stays in its worktree, which is then not removed; the run still ends,
 * so that its item is not kept from others.
 */
export async function saveAllWork(
  { deps, options }: Pick<WorkSession, "deps" | "options">,
  run: Parameters<typeof saveWork>[1],
  places: readonly RunPlace[],
): Promise<void> {
  for (const place of places) {
    try {
      await saveWork(deps, run, place);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      options.emit({ type: "problem", code: error.code, message: error.message, run: runRef(run.runId) });
    }
  }
}
