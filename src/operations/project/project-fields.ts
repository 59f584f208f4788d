import { z } from "zod";
import { BUDGET_FIELDS, budgetIn, changedBudget, DAY_BUDGET_FIELDS, dayBudgetIn } from "./budget-fields.ts";
import {
  LANDINGS,
  SANDBOXES,
  type GateRule,
  type ProjectPolicy,
} from "#operations/ports/store/project-store.ts";

const RuleInput = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/, "1 to 41 lower-case letters, digits and -"),
  source: z.string().max(64).optional(),
  label: z.string().max(64).optional(),
  lane: z.string().max(64),
});

/** Settings of a project that both `add` and `edit` take. */
export const PROJECT_FIELDS = {
  weight: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe("Share of attention relative to other projects; default 1"),
  maxLeases: z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe("Limit on items worked on at a time; 0 for none"),
  landing: z.enum(LANDINGS).optional().describe("How a result reaches its branch; default merge"),
  check: z
    .string()
    .max(10_000)
    .optional()
    .describe("Command line that decides whether a result passes; empty removes it"),
  gate: z
    .enum(["always", "agents", "never"])
    .optional()
    .describe("Whose proposals wait for a person; default agents"),
  prerequisites: z
    .enum(["candidate", "inherit"])
    .optional()
    .describe("What a prerequisite filed by block becomes; default candidate"),
  humanReview: z.boolean().optional().describe("A person looks at each result before it lands"),
  commitsClose: z.boolean().optional().describe("`Closes OB-9` in a commit closes an open item"),
  fastForward: z
    .boolean()
    .optional()
    .describe("A checkout of a target branch moves along when work lands; default as the workspace"),
  questionDefaults: z
    .enum(["never", "at_deadline"])
    .optional()
    .describe("Whether a question's default is taken at its deadline; default never"),
  sandbox: z
    .enum(SANDBOXES)
    .optional()
    .describe("Sandbox of runs and checks; with bwrap none starts without bubblewrap; default auto"),
  network: z.enum(["on", "off"]).optional().describe("Whether checks reach the network; default on"),
  ...BUDGET_FIELDS,
  ...DAY_BUDGET_FIELDS,
  approve: z
    .array(RuleInput)
    .max(50)
    .optional()
    .describe('Approve by rule, as JSON: {"name":"todo","source":"todo-md","lane":"requires_triage"}')
    .meta({ cli: "json" }),
};

const PolicyInput = z.object(PROJECT_FIELDS);

/** The policy after a change: what is not named stays; a changed rule gets its next version and the name of who wrote it. */
export function changedPolicy(
  input: z.output<typeof PolicyInput>,
  before: ProjectPolicy,
  { by, now }: { readonly by: string; readonly now: number },
): ProjectPolicy | undefined {
  const { gate, prerequisites, humanReview, commitsClose, sandbox, network, fastForward } = input;
  const given = {
    gate,
    prerequisites,
    humanReview,
    commitsClose,
    commitsCloseFrom: commitsClose === true && before.commitsClose !== true ? now : undefined,
    sandbox,
    network,
    fastForward,
    budget: changedBudget(before.budget, budgetIn(input)),
    dayBudget: changedBudget(before.dayBudget, dayBudgetIn(input)),
  };
  const approve = input.approve?.map((rule) => versioned(rule, before.approve ?? [], by));
  const changes = Object.entries({ ...given, approve }).filter(([, value]) => value !== undefined);
  const { questionDefaults } = input;
  if (changes.length === 0 && questionDefaults === undefined) return undefined;
  const after = { ...before, ...Object.fromEntries(changes) };
  return questionDefaults === undefined
    ? after
    : { ...after, questionDefaultsBy: questionDefaults === "never" ? undefined : by };
}

function versioned(rule: z.output<typeof RuleInput>, before: readonly GateRule[], by: string): GateRule {
  const old = before.find(({ name }) => name === rule.name);
  const same =
    old !== undefined && old.source === rule.source && old.label === rule.label && old.lane === rule.lane;
  return same ? old : { ...rule, version: (old?.version ?? 0) + 1, by };
}
