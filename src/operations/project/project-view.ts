import { z } from "zod";
import { orNone } from "#domain/schedule/budget.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { LANDINGS, SANDBOXES, type Project } from "#operations/ports/store/project-store.ts";

/** What may be spent, in the units that have a bound. */
export const BudgetView = z.lazy(() =>
  z.object({
    tokens: z.number().optional(),
    usd: z.number().optional(),
    minutes: z.number().optional(),
  }),
);

/** A project with its settings. */
export const ProjectView = z.lazy(() =>
  z.object({
    alias: z.string(),
    name: z.string(),
    weight: z.number(),
    max_leases: z.int().optional(),
    landing: z.enum(LANDINGS),
    check: z.string().optional(),
    budget: BudgetView.optional(),
    day_budget: BudgetView.optional(),
    policy: z.object({
      gate: z.enum(["always", "agents", "never"]).optional(),
      prerequisites: z.enum(["candidate", "inherit"]).optional(),
      approve: z.array(
        z.object({
          name: z.string(),
          version: z.int(),
          source: z.string().optional(),
          label: z.string().optional(),
          lane: z.string(),
          by: z.string(),
        }),
      ),
      human_review: z.boolean().optional(),
      commits_close: z.boolean().optional(),
      fast_forward: z.boolean().optional(),
      question_defaults_by: z.string().optional(),
      sandbox: z.enum(SANDBOXES).optional(),
      network: z.enum(["on", "off"]).optional(),
    }),
    archived_at: IsoTime.optional(),
    version: z.int(),
  }),
);
export const ProjectAnswer = z.object({ project: ProjectView });

export function projectView(project: Project): z.input<typeof ProjectView> {
  const { alias, name, weight, maxLeases, landing, check, policy, archivedAt, version } = project;
  return {
    alias,
    name,
    weight,
    max_leases: maxLeases ?? undefined,
    landing,
    check: check ?? undefined,
    budget: orNone(policy.budget),
    day_budget: orNone(policy.dayBudget),
    policy: {
      gate: policy.gate,
      prerequisites: policy.prerequisites,
      approve: (policy.approve ?? []).map((rule) => ({ ...rule })),
      human_review: policy.humanReview,
      commits_close: policy.commitsClose,
      fast_forward: policy.fastForward,
      question_defaults_by: policy.questionDefaultsBy,
      sandbox: policy.sandbox,
      network: policy.network,
    },
    archived_at: isoTime(archivedAt),
    version,
  };
}
