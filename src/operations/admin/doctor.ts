import { z } from "zod";
import type { Context } from "#operations/context.ts";
import { defineOperation } from "#operations/operation.ts";
import { ISOLATIONS } from "#operations/ports/launcher.ts";
import { isMissing } from "#operations/project/repo-view.ts";

const FindingView = z.object({
  severity: z.enum(["error", "warning"]),
  check: z.string(),
  message: z.string(),
  ref: z.string().optional(),
  hint: z.string().optional(),
});
type FindingView = z.output<typeof FindingView>;

const Answer = z.object({
  findings: z.array(FindingView),
  /** What runs are kept in on this machine where a project does not say otherwise, and why it is not more. */
  isolation: z.object({ kind: z.enum(ISOLATIONS), why: z.string().optional() }).optional(),
});
const isError = ({ severity }: FindingView): boolean => severity === "error";

export const doctor = defineOperation({
  name: "doctor",
  summary: "Check the workspace and its repositories; changes nothing.",
  description: "Exits with 1 where it finds an error, with 0 where it finds only warnings.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    deep: z
      .boolean()
      .optional()
      .describe("Also check every page, item and entry: counts, and each history against the lifecycle"),
  }),
  output: Answer,
  errors: [],
  examples: [
    { command: "sluice doctor", does: "Check what can be checked quickly" },
    { command: "sluice doctor --deep", does: "Check everything" },
  ],
  exitCode: (answer) => (Answer.safeParse(answer).data?.findings.some(isError) === true ? 1 : 0),
  run: async (context, { deep }) => {
    const found = [...(await context.store.history.check({ deep })), ...(await repoFindings(context))];
    const findings = found.map(withHint).toSorted((a, b) => a.severity.localeCompare(b.severity));
    return { findings, isolation: await context.isolation?.() };
  },
});

const withHint = (finding: FindingView): FindingView =>
  finding.check.startsWith("derived.")
    ? { ...finding, hint: "Repair it with: sluice doctor fix --apply" }
    : finding;

async function repoFindings(context: Context): Promise<FindingView[]> {
  const repos = await context.store.projects.repos({ host: context.caller.host });
  const missing = await Promise.all(repos.map((repo) => isMissing(context, repo)));
  return repos.flatMap(({ alias, path, defaultBranch }, index): FindingView[] => {
    if (missing[index] === true)
      return [
        {
          severity: "warning",
          check: "repo.missing",
          message: `The repository ${alias} is no longer at ${path ?? "its path"}`,
          hint: `Set its path: sluice repo edit ${alias} --path PATH, or unregister it: sluice repo remove ${alias}`,
        },
      ];
    if (defaultBranch !== null) return [];
    return [
      {
        severity: "warning",
        check: "repo.no-branch",
        message: `The repository ${alias} has no branch to land on`,
        hint: `Make a first commit, then: sluice repo edit ${alias} --default-branch main`,
      },
    ];
  });
}

const RepairView = z.object({ check: z.string(), message: z.string(), ref: z.string().optional() });

export const fixWorkspace = defineOperation({
  name: "doctor.fix",
  summary: "Show the safe repairs, and make them with --apply.",
  description:
    "Recomputes counters, deadlines and places in the queue, and removes expired locks and keys. Never changes what people and agents wrote.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    apply: z.boolean().default(false).describe("Make the repairs, instead of only listing them"),
  }),
  output: z.object({ applied: z.boolean(), repairs: z.array(RepairView) }),
  errors: [],
  examples: [
    { command: "sluice doctor fix", does: "List the safe repairs" },
    { command: "sluice doctor fix --apply", does: "Make them" },
  ],
  run: async ({ store, caller }, { apply }) => ({
    applied: apply,
    repairs: [...(await store.history.repair({ by: caller, apply }))],
  }),
});
