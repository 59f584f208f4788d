import { existsSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { patiently } from "#worker/git-patience.ts";
import type { WorkSession } from "#worker/work-session.ts";
import type { RunPlace } from "./run-places.ts";

interface SavedFor {
  readonly ref: string;
  readonly runId: number;
  readonly title: string;
}

type Session = Pick<WorkSession, "deps" | "options">;

/**
 * Brings what a run left in its worktree to the run's branch and removes the worktree; answers the branch's head, undefined where the run
 * left nothing. Call it when no process of the run lives.
 */
export async function saveWork(
  { deps, options }: Session,
  run: SavedFor,
  place: RunPlace,
): Promise<Sha | undefined> {
  const { commonDir: repo, runBranch: branch, dir, base } = place;
  const isThere = existsSync(dir);
  const message = `${run.ref}: ${run.title}`;
  const { head, embedded } = await patiently(deps, { commonDir: repo, branches: [branch] }, () =>
    deps.git.saveRun({ repo, dir, branch, base, message }),
  );
  if (embedded.length > 0) {
    const said = `The worktree ${dir} stays: a commit cannot hold the repositories in it (${embedded.join(", ")})`;
    options.emit({ type: "problem", code: "conflict", message: said, run: runRef(run.runId) });
  }
  const facts = { repo: { repoId: place.repo.id, target: place.branch, headSha: head } };
  if (isThere) await deps.port.record({ host: deps.host, run: run.runId, facts });
  return head === base ? undefined : head;
}

/**
 * The same for all places of a run. What cannot be saved stays in its worktree; the run still ends, so that its item is not kept from
 * others.
 */
export async function saveAllWork(
  session: Session,
  run: SavedFor,
  places: readonly RunPlace[],
): Promise<void> {
  for (const place of places) {
    try {
      await saveWork(session, run, place);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const { code, message } = error;
      session.options.emit({ type: "problem", code, message, run: runRef(run.runId) });
    }
  }
}
