import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { LaneName, namedLane } from "#operations/item/lane-field.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { isoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import { EvidencePair } from "./add-evidence.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

/** What a person decides about one item, in one word. */
const PERSONS = {
  effect: "write",
  authority: "decide",
  toolset: "operator",
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
} as const;

export const closeItem = defineOperation({
  ...PERSONS,
  name: "item.close",
  summary: "Close an item that is done, with the evidence.",
  input: z.strictObject({
    ...CHANGED_ITEM,
    reason: Body.describe("Why it counts as done"),
    evidence: z.array(EvidencePair).max(50).optional(),
  }),
  examples: [
    {
      command: 'sluice item close OB-12 --reason "Shipped by hand" --evidence commit=1a2b3c4',
      does: "Close it",
    },
  ],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => {
      const { reason, evidence = [] } = input;
      return store.items.close({ by: caller, id, reason, evidence });
    }),
});

export const dropItem = defineOperation({
  ...PERSONS,
  name: "item.drop",
  summary: "Close an item that will not be done.",
  description: "Items that it blocks stay blocked, and are shown to a person.",
  input: z.strictObject({ ...CHANGED_ITEM, reason: Body.describe("Why it will not be done") }),
  examples: [{ command: 'sluice item drop OB-12 --reason "The feature is gone"', does: "Drop it" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.drop({ by: caller, id, reason: input.reason }),
    ),
});

export const reopenItem = defineOperation({
  ...PERSONS,
  name: "item.reopen",
  summary: "Open an item again that is done, dropped or in review.",
  input: z.strictObject({
    ...CHANGED_ITEM,
    reason: Body.describe("Why it is open again; the next run gets it"),
    lane: LaneName.optional().describe("Lane; default the triage lane"),
  }),
  examples: [{ command: 'sluice item reopen OB-12 --reason "It fails on Windows"', does: "Open it again" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => {
      const { reason } = input;
      const lane = (await namedLane(store, input.lane))?.name;
      return store.items.reopen({ by: caller, id, reason, lane });
    }),
});

export const unblockItem = defineOperation({
  ...PERSONS,
  name: "item.unblock",
  summary: "Put a blocked item back into its lane.",
  description: "Its blocking notes stay in the brief, so that the next run sees what stopped the one before.",
  input: z.strictObject({ ...CHANGED_ITEM, reason: Body.optional().describe("What changed") }),
  examples: [{ command: 'sluice item unblock OB-12 --reason "The key is there now"', does: "Unblock it" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.unblock({ by: caller, id, reason: input.reason }),
    ),
});

export const bumpItem = defineOperation({
  ...PERSONS,
  name: "item.bump",
  summary: "Put an item before all others of its project.",
  input: z.strictObject(CHANGED_ITEM),
  examples: [{ command: "sluice item bump OB-12", does: "Let it come next" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => store.items.bump({ by: caller, id })),
});

/** Latest instant that a date can show. */
const LAST_TIME_MS = 8_640_000_000_000_000;

export const snoozeItem = defineOperation({
  ...PERSONS,
  name: "item.snooze",
  summary: "Keep an item out of the queue until a time.",
  description: "A time in the past wakes it now.",
  input: z.strictObject({
    ...CHANGED_ITEM,
    until: z
      .int()
      .min(0)
      .max(LAST_TIME_MS)
      .describe(
        "When it may be claimed again (epoch milliseconds; on the command line 2h, tomorrow or a date)",
      )
      .meta({ cli: "time" }),
  }),
  examples: [{ command: "sluice item snooze OB-12 --until tomorrow", does: "Leave it for today" }],
  run: async (context, input) => {
    const { now } = context;
    const { until } = input;
    const furthest = now() + 10 * 366 * 86_400_000;
    if (until > furthest) throw invalidField("until", isoTime(until), "a time within ten years");
    const untilMs = until <= now() ? null : until;
    return await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.snooze({ by: caller, id, untilMs }),
    );
  },
});
