import { z } from "zod";
import { parsePremise, Premise, premiseText } from "#domain/ground/premise.ts";
import { Trigger, Spec } from "#domain/item/spec.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";

const PremiseInput = z.union([z.string().transform(parsePremise), Premise]).pipe(Premise);
const { problem, body, trigger, steps, risks, why, acceptance } = Spec.unwrap().shape;

/** The input fields that make a spec, each optional. */
export const SPEC_FIELDS = {
  problem: problem.describe("What is wrong or missing today (Markdown)"),
  body: body.describe("Free text kept with the item (Markdown)").meta({ cli: "file" }),
  trigger: trigger.describe("Condition under which it becomes urgent"),
  steps: steps.removeDefault().optional().describe("A step, in order"),
  risks: risks.removeDefault().optional().describe("What can go wrong, and what to do then"),
  why: why.describe("Why it matters"),
  acceptance: acceptance
    .removeDefault()
    .optional()
    .describe("What must hold when it is done")
    .meta({ flag: "accept" }),
  premises: z
    .array(PremiseInput)
    .max(100)
    .optional()
    .describe(
      "A fact it depends on: file:PATH, no-file:PATH, match:TEXT@PATH, symbol:NAME, item:REF, commit:SHA",
    ),
};

const SpecInput = z.object(SPEC_FIELDS);
type SpecInput = z.output<typeof SpecInput>;

/** The spec fields that were given, and no others: what an edit changes. */
export const givenSpec = (input: SpecInput): Partial<Spec> =>
  Object.fromEntries(
    Object.entries(input).filter(([field, value]) => field in SPEC_FIELDS && value !== undefined),
  );

/** A whole spec from what was given. */
export const specOf = (input: SpecInput): Spec => Spec.parse(givenSpec(input));

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
