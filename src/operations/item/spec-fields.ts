import { z } from "zod";
import { parsePremise, Premise } from "#domain/ground/premise.ts";
import { Trigger } from "#domain/ground/trigger.ts";
import { Spec, Step } from "#domain/item/spec.ts";
import { ITEM_TYPES, JOB_KIND_NAMES, PRIORITIES } from "#domain/kind.ts";
import { Body, Label, Line } from "#domain/text/bounded-text.ts";
import { Capability } from "./capability.ts";

const PremiseInput = z.union([z.string().transform(parsePremise), Premise]).pipe(Premise);
const StepInput = Step.extend({ optional: z.boolean().optional() });

/** The input fields that make a spec, each optional. */
export const SPEC_FIELDS = {
  problem: Body.optional().describe("What is wrong or missing today (Markdown)"),
  body: Body.optional().describe("Free text kept with the item (Markdown)").meta({ cli: "file" }),
  trigger: Trigger.optional().describe("Condition under which it becomes urgent"),
  steps: z.array(StepInput).max(200).optional().describe("A step, in order"),
  risks: z.array(Line).max(200).optional().describe("What can go wrong, and what to do then"),
  why: Body.optional().describe("Why it matters"),
  acceptance: z
    .array(Line)
    .max(200)
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

/** The input fields that route an item, each optional. */
export const ROUTING_FIELDS = {
  kind: z.enum(JOB_KIND_NAMES).optional().describe("What it asks for; default code"),
  type: z.enum(ITEM_TYPES).optional().describe("What it is; default task"),
  priority: z.enum(PRIORITIES).optional().describe("P1 is soonest; where none is given it counts as P3"),
  labels: z.array(Label).max(50).optional().describe("A label, 1 to 64 characters"),
  needs: z.array(Capability).max(20).optional().describe("A capability that a runner must have"),
  paths: z
    .array(z.object({ pattern: z.string().min(1).max(4096), repo: z.string().max(64).optional() }))
    .max(200)
    .optional()
    .describe("A path pattern that the work touches, such as src/db/**"),
  repos: z
    .array(z.string().max(64))
    .max(20)
    .optional()
    .describe("Alias of a repository to work on; default the project's only one"),
};

const SpecInput = z.object(SPEC_FIELDS);
type SpecInput = z.output<typeof SpecInput>;

/** The spec fields that were given, and no others: what an edit changes. */
export function givenSpec(input: SpecInput): Partial<Spec> {
  const { problem, body, trigger, steps, risks, why, acceptance, premises } = input;
  const given = {
    problem,
    body,
    trigger,
    steps: steps?.map(({ text, optional = false }) => ({ text, optional })),
    risks,
    why,
    acceptance,
    premises,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A whole spec from what was given. */
export function specOf(input: SpecInput): Spec {
  return Spec.parse(givenSpec(input));
}
