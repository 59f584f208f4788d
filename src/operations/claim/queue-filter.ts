import { z } from "zod";
import { JOB_KIND_NAMES } from "#domain/kind.ts";
import { Capability, MOST_CAPABILITIES } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";

/** Input fields that narrow the queue. */
export const QUEUE_FIELDS = {
  kind: z.enum(JOB_KIND_NAMES).optional().describe("Only items of this kind"),
  project: ProjectAlias.optional(),
  capabilities: z
    .array(Capability)
    .max(MOST_CAPABILITIES)
    .optional()
    .describe("What the runner can do; items that need more are left out")
    .meta({ flag: "can" }),
};

interface QueueInput {
  readonly kind?: string | undefined;
  readonly project?: string | undefined;
  readonly capabilities?: readonly string[] | undefined;
}

export async function queueFilter(context: Context, input: QueueInput): Promise<ClaimFilter> {
  const project = await namedProject(context, input.project);
  return {
    projectIds: project === undefined ? undefined : [project.id],
    kinds: input.kind === undefined ? undefined : [input.kind],
    capabilities: input.capabilities,
  };
}
