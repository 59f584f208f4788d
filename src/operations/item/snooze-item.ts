import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { isoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

/** Latest instant that a date can show. */
const LAST_TIME_MS = 8_640_000_000_000_000;

export const snoozeItem = defineOperation({
  name: "item.snooze",
  summary: "Keep an item out of the queue until a time.",
  description: "A time that has passed wakes it now.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
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
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
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
