import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import type { Pause } from "#operations/ports/store/claim-store.ts";
import { ProjectAlias } from "#operations/project/project-of.ts";

/** What to pause or resume: a project, a runner, or else everything. */
export const SCOPE_FIELDS = {
  project: ProjectAlias.optional().describe("Only this project"),
  runner: z.string().min(1).max(64).optional().describe("Only this runner, such as claude-code"),
};

interface ScopeInput {
  readonly project?: string | undefined;
  readonly runner?: string | undefined;
}

export async function pauseScope(
  { store }: Context,
  { project, runner }: ScopeInput,
): Promise<Pick<Pause, "scope" | "name">> {
  if (project !== undefined && runner !== undefined)
    throw new SluiceError("invalid", "project and runner are given, accepted is one of them", {
      details: { field: "runner", value: runner, accepted: "no project beside it" },
    });
  if (runner !== undefined) return { scope: "runner", name: runner };
  if (project === undefined) return { scope: "workspace", name: "workspace" };
  const { alias } = await store.projects.get({ alias: project });
  return { scope: "project", name: alias };
}
