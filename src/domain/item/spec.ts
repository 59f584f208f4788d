import { z } from "zod";
import { Premise, RepoPath } from "#domain/ground/premise.ts";
import { Body, Line } from "#domain/text/bounded-text.ts";

const Step = z.lazy(() =>
  z.object({
    text: Line,
    /** An optional step may be left out by whoever works. */
    optional: z.boolean().default(false),
  }),
);

/** What an item carries so that it can be worked cold, weeks later. Every field may be absent; four are enough to start. */
export const Spec = z.lazy(() =>
  z.object({
    /** What is wrong or missing today. Markdown. */
    problem: Body.optional(),
    /** The condition under which this becomes urgent. */
    trigger: Trigger.optional(),
    steps: z.array(Step).max(200).default([]),
    risks: z.array(Line).max(200).default([]),
    /** Why it matters. Markdown. */
    why: Body.optional(),
    /** What must hold when it is done, in words. */
    acceptance: z.array(Line).max(200).default([]),
    /** Facts the plan depends on, checked at claim. */
    premises: z.array(Premise).max(100).default([]),
    /** Free text kept with the item (the sections that have no field of their own). Markdown. */
    body: Body.optional(),
  }),
);
export type Spec = z.infer<typeof Spec>;

export const EMPTY_SPEC: Spec = { steps: [], risks: [], acceptance: [], premises: [] };

/** All words of a spec in one text, for search and fingerprints. */
export function specText(spec: Spec): string {
  return [
    spec.problem,
    spec.trigger?.text,
    ...spec.steps.map((step) => step.text),
    ...spec.risks,
    spec.why,
    ...spec.acceptance,
    spec.body,
  ]
    .filter((part) => part !== undefined)
    .join("\n");
}

/** A condition that a machine checks. When all of a trigger's conditions hold it fires, once. */
const TriggerCondition = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("after"), at: z.int() }),
    z.object({ kind: z.literal("item"), ref: z.string() }),
    z.object({ kind: z.literal("path"), path: RepoPath }),
    z.object({ kind: z.literal("tag"), pattern: Line }),
    z.object({ kind: z.literal("branch"), pattern: Line }),
    z.object({ kind: z.literal("commits"), atLeast: z.int().min(1) }),
    z.object({ kind: z.literal("command"), run: Line, approvedBy: z.string().optional() }),
  ]),
);

/** The condition under which an item becomes urgent. It never holds an item back unless `hold` says so. */
export const Trigger = z.lazy(() =>
  z.object({
    text: Body,
    conditions: z.array(TriggerCondition).max(20).default([]),
    /** Keep the item out of the queue until the trigger fires. */
    hold: z.boolean().default(false),
  }),
);
export type Trigger = z.infer<typeof Trigger>;
