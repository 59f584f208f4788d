import { z } from "zod";
import { type LaneRole, laneNamed } from "#domain/lane.ts";
import { candidateRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { LaneName } from "#operations/item/lane-field.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Entry } from "#operations/ports/store/gate-store.ts";
import type { Store } from "#operations/ports/store.ts";
import type { ItemFilter } from "#operations/ports/store/item-store.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";

/** What a sweep goes through where nothing is named, in this order. */
const PARTS = ["gate", "decisions", "review", "triage"] as const;
type Part = (typeof PARTS)[number];
const ROLES: Readonly<Record<string, LaneRole>> = { decisions: "decision", triage: "triage" };

/** How long an entry is kept for the one who looks at it, milliseconds. */
const HOLD_MS = 10 * 60_000;
/** Most entries of a part that are looked at in one call. */
const MOST = 500;

const Session = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .describe("Any text that stays the same through one sweep, 1 to 64 letters, digits, - and _");

export const nextOfSweep = defineOperation({
  name: "sweep.next",
  summary: "Take the next thing that waits for a person, for ten minutes.",
  description: "No other sweep gets it meanwhile. Decide it with its own command; the next call releases it.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    of: LaneName.optional().describe(`${PARTS.join(", ")}, or a lane; default the first four`),
    session: Session,
    except: z.array(z.string().max(40)).max(1_000).optional().describe("Refs to pass over"),
    project: ProjectAlias.optional(),
  }),
  output: z.object({
    entry: z
      .object({
        part: z.enum([...PARTS, "lane"]),
        ref: z.string(),
      })
      .optional(),
    /** How many wait, this one too, others' and those that were passed over aside. */
    left: z.int(),
  }),
  errors: ["not_found"],
  positional: ["of"],
  examples: [{ command: "sluice sweep next gate --session morning", does: "Take a candidate to decide" }],
  run: async (context, { of, session, except = [], project }) => {
    const { store, caller } = context;
    const refOf = await refWriter(store);
    const projectId = (await namedProject(context, project))?.id;
    const passed = new Set(except.map((ref) => ref.toUpperCase()));
    const waiting = [];
    for (const part of partsOf(of))
      for (const entry of await entriesOf(context, part, projectId)) {
        const ref = entry.kind === "candidate" ? candidateRef(entry.id) : refOf(entry.id);
        if (!passed.has(ref)) waiting.push({ ...entry, ref, part: isPart(part) ? part : ("lane" as const) });
      }
    const entries = waiting.map(({ kind, id }) => ({ kind, id }));
    const held = await store.gate.hold({ by: caller, session, entries, ttlMs: HOLD_MS });
    const found = waiting.find(({ kind, id }) => kind === held?.kind && id === held.id);
    return {
      entry: found === undefined ? undefined : { part: found.part, ref: found.ref },
      left: found === undefined ? 0 : waiting.length,
    };
  },
});

const isPart = (name: string): name is Part => PARTS.some((part) => part === name);
const partsOf = (of: string | undefined): readonly string[] => (of === undefined ? PARTS : [of]);

async function entriesOf(
  { store }: Context,
  part: string,
  projectId: number | undefined,
): Promise<readonly Entry[]> {
  const page = { limit: MOST };
  if (part === "gate")
    return (await store.gate.list({ states: ["pending"], projectId, page })).items.map(({ id }) => ({
      kind: "candidate" as const,
      id,
    }));
  const filter: ItemFilter = { projectId, ...(await waitingIn(store, part)) };
  if (filter.lanes?.length === 0) return [];
  const { items } = await store.items.list({ filter, page });
  return items.map(({ id }) => ({ kind: "item" as const, id })).toSorted((a, b) => a.id - b.id);
}

async function waitingIn({ projects }: Pick<Store, "projects">, part: string): Promise<ItemFilter> {
  if (part === "review") return { states: ["review"], phases: ["human", "evidence"] };
  const lanes = await projects.lanes();
  const role = ROLES[part];
  const meant = role === undefined ? [laneNamed(lanes, part)] : lanes.filter((lane) => lane.role === role);
  return { states: ["open", "blocked"], leased: false, lanes: meant.map(({ name }) => name) };
}

/** How many entries had a result, by its name: a lane, `rejected`, `decided`. */
const Results = z.record(z.string().regex(/^[a-z][a-z0-9_ ]{0,63}$/), z.int().min(1));

export const endOfSweep = defineOperation({
  name: "sweep.end",
  summary: "Release what a sweep holds, and record its result in the log.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    session: Session,
    seen: z.int().min(0).describe("Entries that were looked at"),
    results: Results.optional().describe('How many had which result, as JSON: {"autonomous_safe":11}').meta({
      cli: "json",
    }),
    minutes: z.int().min(0).describe("How long it took"),
  }),
  output: z.object({
    sweep: z.object({
      seen: z.int(),
      decisions: z.int(),
      by_result: z.record(z.string(), z.int()),
      minutes: z.int(),
    }),
  }),
  errors: [],
  examples: [
    {
      command: `sluice sweep end --session morning --seen 19 --results '{"rejected":3}' --minutes 6`,
      does: "End a sweep that a script did",
    },
  ],
  run: async ({ store, caller }, { session, seen, minutes, results = {} }) => {
    const decisions = Object.values(results).reduce((sum, count) => sum + count, 0);
    const sweep = { seen, decisions, by_result: results, minutes };
    await store.gate.endSweep({ by: caller, session, facts: sweep });
    return { sweep };
  },
});
