import { z } from "zod";
import { orNone } from "#domain/schedule/budget.ts";
import { Title } from "#domain/text/bounded-text.ts";
import { callerName } from "#operations/invoke.ts";
import { defineOperation } from "#operations/operation.ts";
import { SluiceError } from "#domain/errors.ts";
import { BUDGET_FIELDS, budgetIn, changedBudget } from "#operations/project/budget-fields.ts";
import { withCommandsOf } from "./approve-commands.ts";
import { CHANGED_ITEM } from "./change-item.ts";
import { itemIdOf } from "./item-ref.ts";
import { ItemAnswer, itemAnswer } from "./item-view.ts";
import { clearedIn, EDIT_FIELDS, fieldsIn } from "./item-fields.ts";
import { givenSpec, SPEC_FIELDS } from "./spec-fields.ts";

export const editItem = defineOperation({
  name: "item.edit",
  summary: "Change named fields of an item; all others stay.",
  description: "A given list replaces the old one.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    title: Title.optional().describe("New title").meta({ short: "t" }),
    ...SPEC_FIELDS,
    ...EDIT_FIELDS,
    ...BUDGET_FIELDS,
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
    const limits = budgetIn(input);
    const newBudget = Object.values(limits).every((limit) => limit === undefined)
      ? undefined
      : changedBudget((await store.items.get({ id })).item.budget, limits);
    const changes = {
      title: input.title,
      ...fieldsIn(input),
      ...clearedIn(input),
      budget: newBudget === undefined ? undefined : (orNone(newBudget) ?? null),
      spec: Object.keys(spec).length > 0 ? spec : undefined,
    };
    if (Object.values(changes).every((value) => value === undefined))
      throw new SluiceError("invalid", "Nothing to change was given", {
        hint: "Name a field, see them with: sluice item edit --help",
        details: { field: "input", accepted: "at least one field to change" },
      });
    const detail = await store.items.edit({ by: caller, id, ifVersion: input.ifVersion, changes });
    return await itemAnswer(store, detail);
  },
});
