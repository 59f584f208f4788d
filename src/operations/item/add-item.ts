import { z } from "zod";
import { LaneName, namedLane } from "#operations/item/lane-field.ts";
import { orNone } from "#domain/schedule/budget.ts";
import { Title } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { ProposedView } from "#operations/gate/candidate-view.ts";
import { fileCandidate } from "#operations/gate/file-candidate.ts";
import { callerName } from "#operations/invoke.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import { ProjectAlias, projectOf } from "#operations/project/project-of.ts";
import { BUDGET_FIELDS, budgetIn, changedBudget } from "#operations/project/budget-fields.ts";
import { requireProof } from "#operations/unproven-person.ts";
import { commandsOf, withCommandsOf } from "./approve-commands.ts";
import { ItemRef, itemIdOf } from "./item-ref.ts";
import { itemAnswer, ItemView } from "./item-view.ts";
import { fieldsIn, ITEM_FIELDS } from "./item-fields.ts";
import { SPEC_FIELDS, specOf } from "./spec-fields.ts";

const Input = z.strictObject({
  title: Title.describe("What to do, in one line").meta({ short: "t" }),
  ...SPEC_FIELDS,
  ...ITEM_FIELDS,
  ...BUDGET_FIELDS,
  lane: LaneName.optional().describe("Lane; default the triage lane. An agent's is only a suggestion"),
  project: ProjectAlias.optional(),
  contextRepos: z
    .array(z.string().max(64))
    .max(20)
    .optional()
    .describe("Alias of a repository that is only read"),
  parent: ItemRef.optional().describe("Parent item"),
  blockedBy: z.array(ItemRef).max(50).optional().describe("Item that must be done first"),
});

export const addItem = defineOperation({
  name: "item.add",
  summary: "Add an item to a lane.",
  description:
    "What an agent adds becomes a candidate at the gate instead; the answer then has `candidate`. A project's `--gate always` asks the same of people; `never` lets an agent add to the triage lane.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  input: Input,
  output: z.object({ item: ItemView.optional(), candidate: ProposedView.optional() }),
  errors: ["not_found", "conflict", "limited"],
  examples: [
    { command: 'sluice item add -t "Fix the login redirect"', does: "Add an item to the triage lane" },
    {
      command:
        'sluice item add -t "Drop the old index" --lane autonomous_safe --step "Write the migration" --risk "Slow on big tables" --trigger "The index is above 10 GB"',
      does: "Add one that an agent can work on without asking",
    },
  ],
  run: async (context, input) => {
    const project = await projectOf(context, input.project);
    return goesThroughGate(context, project, input)
      ? await addAsCandidate(context, project, input)
      : await add(context, project, input);
  },
});

/**
 * What the project's gate asks for: `always` also what people add, `agents` (default) what agents add, `never` nothing. Into an
 * agents' lane an agent's own never goes past a person.
 */
function goesThroughGate({ caller }: Context, { policy }: Project, { lane }: Input): boolean {
  const { gate = "agents" } = policy;
  if (caller.authority !== "agent") return gate === "always";
  return gate !== "never" || lane !== undefined;
}

type Input = z.output<typeof Input>;

async function add(context: Context, project: Project, input: Input) {
  const { store, caller } = context;
  const { title, contextRepos } = input;
  const lane = await namedLane(store, input.lane);
  const spec = specOf(input);
  if (lane?.role === "agent") await requireProof(context, `let agents work on it in ${lane.name}`);
  if (commandsOf(spec).length > 0) await requireProof(context, "approve its commands");
  const detail = await store.items.add({
    by: caller,
    item: {
      projectId: project.id,
      title,
      spec: withCommandsOf(spec, callerName(context)),
      lane: lane?.name,
      ...fieldsIn(input),
      contextRepos,
      budget: orNone(changedBudget(null, budgetIn(input))),
      parentId: input.parent === undefined ? undefined : await itemIdOf(store, input.parent),
      blockedBy: await Promise.all((input.blockedBy ?? []).map((ref) => itemIdOf(store, ref))),
    },
  });
  return await itemAnswer(store, detail);
}

async function addAsCandidate(context: Context, project: Project, input: Input) {
  const { title, lane } = input;
  const candidate = await fileCandidate(context, {
    projectId: project.id,
    title,
    spec: specOf(input),
    wishes: { lane, ...fieldsIn(input) },
    source: context.caller.authority === "agent" ? "agent" : "person",
  });
  return { candidate };
}
