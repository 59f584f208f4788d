import { SluiceError } from "#domain/errors.ts";
import { closeWorktrees } from "./close-worktrees.ts";
import type { AgentRun } from "./run-context.ts";
import type { RunEnd } from "./run-end.ts";
import { recordedPlaces, type RunPlace } from "./run-places.ts";
import { saveAllWork } from "./save-work.ts";
import { workerCaller } from "./work-session.ts";

/** Records how a run ended. Its uncommitted work is on its branch before anybody else can take the item. */
export async function endRun(run: AgentRun, end: RunEnd): Promise<void> {
  const { options, deps } = run.session;
  const isEvidence = end.kind === "park" && end.outcome === "tampered";
  // Saving runs programs that the repository names, which a run that tampered may have set.
  const places = isEvidence ? [] : await savePlaces(run);
  try {
    await record(run, end);
  } catch (error) {
    if (!(error instanceof SluiceError) || (error.code !== "lease_lost" && error.code !== "conflict"))
      throw error;
    options.emit({ type: "stopped", ...run.name, why: error.message });
  }
  const { outcome, reason } = await deps.store.runs.get({ id: run.runId });
  if (outcome !== null) {
    options.emit({ type: "ended", ...run.name, outcome, ...(reason === null ? {} : { message: reason }) });
    await closeWorktrees(run, places);
  }
}

async function savePlaces(run: AgentRun): Promise<readonly RunPlace[]> {
  const { deps } = run.session;
  const record = await deps.store.runs.get({ id: run.runId });
  const places = await recordedPlaces(deps, run.detail, record).catch(() => []);
  const { ref } = run.name;
  const { title } = run.detail.item;
  await saveAllWork(run.session, { ref, runId: run.runId, title, folder: run.folder }, places);
  return places;
}

async function record(run: AgentRun, end: RunEnd): Promise<void> {
  const { claims } = run.session.deps.store;
  const by = workerCaller(run.session);
  const { leaseId, runId } = run;
  switch (end.kind) {
    case "recorded":
      return;
    case "lost":
      return run.session.options.emit({ type: "stopped", ...run.name, why: "its lease has ended" });
    case "finish":
      await claims.finish({ by: run.by, leaseId, outcome: "changed", note: end.note, evidence: [] });
      return;
    case "block":
      await claims.block({ by: run.by, leaseId, note: end.note });
      return;
    case "end":
      await claims.end({ by, runId, outcome: end.outcome, note: end.note, notBeforeMs: end.notBeforeMs });
      return;
    case "park":
      return park(run, end);
  }
}

/** Under the item's lease of this run: the agent's, or the one that the review got when the agent finished. */
async function park(run: AgentRun, end: RunEnd & { readonly kind: "park" }): Promise<void> {
  const { claims, items } = run.session.deps.store;
  const by = workerCaller(run.session);
  const { item } = await items.get({ id: run.detail.item.id });
  const { outcome, note } = end;
  if (item.leaseId !== null && item.leaseRunId === run.runId) {
    await claims.park({ by, leaseId: item.leaseId, outcome, note });
    return;
  }
  await items.note({ by, id: item.id, kind: "park", body: note });
}
