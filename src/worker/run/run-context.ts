import { runRef } from "#domain/ref.ts";
import type { Claim } from "#operations/worker/claim-work.ts";
import type { OpenedWork } from "#operations/worker/open-work.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import type { RunName } from "#worker/worker-event.ts";
import { type RunFolder, runFolder } from "./run-folder.ts";
import type { LeaseKeeper } from "#worker/lease-keeper.ts";
import type { WorkerRunner } from "#worker/worker-deps.ts";
import type { WorkSession } from "#worker/work-session.ts";

/** What every step of a run, or of its review, works on. */
export interface RunContext {
  readonly session: WorkSession;
  readonly runId: number;
  readonly leaseId: string;
  /** As it was when it was opened. */
  readonly work: OpenedWork;
  readonly detail: ItemDetail;
  readonly project: Project;
  readonly name: RunName;
  /** Secret marker of all processes of the run. */
  readonly token: string;
  readonly folder: RunFolder;
  readonly lease: LeaseKeeper;
  /** Aborted when the work on it must end at once: the lease is lost, or the worker stops. */
  readonly halt: AbortSignal;
}

/** A run that is about to start an agent. */
export interface AgentRun extends RunContext {
  readonly runner: WorkerRunner;
}

export async function openRun(
  session: WorkSession,
  claim: Claim,
  given: Pick<RunContext, "token" | "lease">,
): Promise<RunContext> {
  const { port, host, stateDir } = session.deps;
  const work = await port.open({ host, of: { run: claim.run } });
  return {
    ...given,
    session,
    runId: claim.run,
    leaseId: claim.lease,
    work,
    detail: work.detail,
    project: work.project,
    name: { ref: work.ref, run: runRef(claim.run) },
    folder: runFolder(stateDir, claim.run),
    halt: AbortSignal.any([given.lease.lost, session.stop]),
  };
}
