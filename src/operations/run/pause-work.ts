import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { PauseView, pauseView } from "#operations/claim/queue-view.ts";
import type { Context } from "#operations/context.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Pause } from "#operations/ports/store/claim-store.ts";
import { ProjectAlias } from "#operations/project/project-of.ts";

/** What to pause or resume: a project, a runner, or else everything. */
const SCOPE_FIELDS = {
  project: ProjectAlias.optional().describe("Only this project"),
  runner: z.string().min(1).max(64).optional().describe("Only this runner, such as claude-code"),
};

interface ScopeInput {
  readonly project?: string | undefined;
  readonly runner?: string | undefined;
}

async function pauseScope(
  { store }: Context,
  { project, runner }: ScopeInput,
): Promise<Pick<Pause, "scope" | "name">> {
  if (project !== undefined && runner !== undefined)
    throw new SluiceError("invalid", "project and runner cannot be combined", {
      details: { field: "runner", value: runner, accepted: "no project beside it" },
    });
  if (runner !== undefined) return { scope: "runner", name: runner };
  if (project === undefined) return { scope: "workspace", name: "workspace" };
  const { alias } = await store.projects.get({ alias: project });
  return { scope: "project", name: alias };
}

export const pauseWork = defineOperation({
  name: "pause",
  summary: "Stop new claims: everywhere, in a project, or for a runner.",
  description: "Runs in progress continue; a refused claim says who paused and when.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({ ...SCOPE_FIELDS, reason: Body.optional().describe("Why") }),
  output: z.object({ paused: z.array(PauseView) }),
  errors: ["not_found"],
  examples: [{ command: 'sluice pause -p app --reason "Release day"', does: "Hold one project" }],
  run: async (context, input) => {
    const { store, caller } = context;
    await store.claims.pause({ by: caller, ...(await pauseScope(context, input)), reason: input.reason });
    return { paused: (await store.claims.pauses()).map(pauseView) };
  },
});

export const resumeWork = defineOperation({
  name: "resume",
  summary: "Allow claims again after a pause.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject(SCOPE_FIELDS),
  output: z.object({ paused: z.array(PauseView) }),
  errors: ["not_found"],
  examples: [{ command: "sluice resume -p app", does: "Continue" }],
  run: async (context, input) => {
    const { store, caller } = context;
    await store.claims.resume({ by: caller, ...(await pauseScope(context, input)) });
    return { paused: (await store.claims.pauses()).map(pauseView) };
  },
});
