import type { GuardChange } from "#domain/git-ref/guard-change.ts";
import { runRef } from "#domain/ref.ts";
import { tamperPause } from "#operations/run/tamper-pause.ts";
import { HUMAN_PAUSE_MS, type StepResult } from "./review-context.ts";
import type { RunPlace } from "#worker/run/run-places.ts";
import type { WorkSession } from "#worker/work-session.ts";

/** Enough to know where to look; the run's note has them all. */
const NAMED_CHANGES = 5;

/**
 * Pauses the project of each repository in which a run changed a file that git reads (configuration, attributes, hooks): what it
 * planted there, such as an ssh command, would be used by the next fetch or push. A person looks, and resumes.
 */
export async function barProjects(
  session: Pick<WorkSession, "deps">,
  runId: number,
  changes: readonly { readonly place: RunPlace; readonly change: GuardChange }[],
): Promise<void> {
  const planted = changes.filter(({ change }) => change.kind === "file" && !change.ordinary);
  const projects = [...Map.groupBy(planted, ({ place }) => place.repo.project)].map(([project, own]) => {
    const files = own.map(({ place, change }) => `${place.commonDir}/${change.name}`);
    const more = files.length > NAMED_CHANGES ? ` and ${files.length - NAMED_CHANGES} more` : "";
    const reason = `${runRef(runId)} changed ${files.slice(0, NAMED_CHANGES).join(", ")}${more}: look what it planted there and take it out, then run: sluice resume -p ${project}`;
    return { project, reason };
  });
  const { port, host } = session.deps;
  if (projects.length > 0) await port.record({ host, run: runId, planted: projects });
}

/** What a review comes to while its project is barred; undefined where it is not. */
export async function barredStep(
  { deps }: Pick<WorkSession, "deps">,
  project: string,
): Promise<(StepResult & { readonly kind: "left" }) | undefined> {
  const pause = tamperPause(await deps.store.claims.pauses(), project);
  if (pause === undefined) return undefined;
  const notBeforeMs = (await deps.store.now()) + HUMAN_PAUSE_MS;
  const note = `Nothing of ${project} is checked or landed: ${pause.reason ?? "it is paused"}`;
  return { kind: "left", forHuman: true, notBeforeMs, note };
}
