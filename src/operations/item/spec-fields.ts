import { z } from "zod";
import { parsePremise, Premise } from "#domain/ground/premise.ts";
import { Spec } from "#domain/item/spec.ts";

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
