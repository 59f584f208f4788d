import { z } from "zod";
import { type Premise, premiseText } from "#domain/ground/premise.ts";
import type { Spec, Trigger } from "#domain/item/spec.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";

const ConditionView = z.lazy(() =>
  z.object({
    kind: z.string(),
    at: IsoTime.optional(),
    ref: z.string().optional(),
    path: z.string().optional(),
    pattern: z.string().optional(),
    at_least: z.int().optional(),
    run: z.string().optional(),
    approved_by: z.string().optional(),
  }),
);

const PremiseView = z.lazy(() =>
  z.object({
    kind: z.string(),
    /** What it expects, in one line. */
    expects: z.string(),
    run: z.string().optional(),
    approved_by: z.string().optional(),
  }),
);

/** A spec in JSON. Lists are there even when empty; texts that nobody wrote are absent. */
export const SpecView = z.lazy(() =>
  z.object({
    problem: z.string().optional(),
    trigger: z.object({ text: z.string(), conditions: z.array(ConditionView), hold: z.boolean() }).optional(),
    steps: z.array(z.object({ text: z.string(), optional: z.boolean() })),
    risks: z.array(z.string()),
    why: z.string().optional(),
    acceptance: z.array(z.string()),
    premises: z.array(PremiseView),
    body: z.string().optional(),
  }),
);

export function specView(spec: Spec): z.input<typeof SpecView> {
  const { trigger, premises, ...texts } = spec;
  return {
    ...texts,
    ...(trigger === undefined ? {} : { trigger: triggerView(trigger) }),
    premises: premises.map(premiseView),
  };
}

const triggerView = ({ text, hold, conditions }: Trigger) => ({
  text,
  hold,
  conditions: conditions.map(conditionView),
});

function conditionView(condition: Trigger["conditions"][number]): z.input<typeof ConditionView> {
  switch (condition.kind) {
    case "after":
      return { kind: condition.kind, at: isoTime(condition.at) };
    case "commits":
      return { kind: condition.kind, at_least: condition.atLeast };
    case "command":
      return { kind: condition.kind, run: condition.run, approved_by: condition.approvedBy };
    case "item":
    case "path":
    case "tag":
    case "branch":
      return condition;
  }
}

function premiseView(premise: Premise): z.input<typeof PremiseView> {
  const view = { kind: premise.kind, expects: premiseText(premise) };
  return premise.kind === "command" ? { ...view, run: premise.run, approved_by: premise.approvedBy } : view;
}
