import { z } from "zod";
import { Title } from "#domain/text/bounded-text.ts";
import { callerName } from "#operations/invoke.ts";
import { defineOperation } from "#operations/operation.ts";
import { SluiceError } from "#domain/errors.ts";
import { BUDGET_FIELDS, budgetIn, changedBudget, orNone } from "#operations/project/budget-fields.ts";
import { withCommandsOf } from "./approve-commands.ts";
import { CHANGED_ITEM } from "./change-item.ts";
import { itemIdOf } from "./item-ref.ts";
import { ItemAnswer, itemAnswer } from "./item-view.ts";
import { givenSpec, ROUTING_FIELDS, SPEC_FIELDS } from "./spec-fields.ts";

const { kind, type, priority, labels, paths } = ROUTING_FIELDS;

export const editItem = defineOperation({
  name: "item.edit",
  summary: "Change named fields of an item; all others stay.",
  description: "A list that is given replaces the list there was.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    title: Title.optional().describe("New title").meta({ short: "t" }),
    ...SPEC_FIELDS,
    kind,
    type,
    priority,
    labels,
    paths,
    ...BUDGET_FIELDS,
    noPriority: z.boolean().optional().describe("Take the priority away"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [
    { command: 'sluice item edit OB-12 --why "Two customers asked"', does: "Change one field" },
    { command: "sluice item edit OB-12 --max-usd 5", does: "Let its runs cost 5 dollars at most" },
    {
      command: 'sluice item edit OB-12 --if-version 3 -t "New title"',
      does: "Change it unless somebody else did",
    },
  ],
  run: async (context, input) => {
    const { store, caller } = context;
    const id = await itemIdOf(store, input.ref);
    const spec = withCommandsOf(givenSpec(input), callerName(context));
    const fields = {
      title: input.title,
      kind: input.kind,
      type: input.type,
      labels: input.labels,
      paths: input.paths,
    };
    const limits = budgetIn(input);
    const newBudget = Object.values(limits).every((limit) => limit === undefined)
      ? undefined
      : changedBudget((await store.items.get({ id })).item.budget, limits);
    const newPriority = input.noPriority === true ? null : input.priority;
    const hasSpec = Object.keys(spec).length > 0;
    if (!hasSpec && [newPriority, newBudget, ...Object.values(fields)].every((value) => value === undefined))
      throw new SluiceError("invalid", "Nothing to change was given", {
        hint: "Name a field, see them with: sluice item edit --help",
        details: { field: "input", accepted: "at least one field to change" },
      });
    const detail = await store.items.edit({
      by: caller,
      id,
      ifVersion: input.ifVersion,
      changes: {
        ...fields,
        priority: newPriority,
        budget: newBudget === undefined ? undefined : (orNone(newBudget) ?? null),
        spec: hasSpec ? spec : undefined,
      },
    });
    return await itemAnswer(store, detail);
  },
});
