import { z } from "zod";
import { Body, Line } from "#domain/text/bounded-text.ts";
import { RepoPath } from "./premise.ts";

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
