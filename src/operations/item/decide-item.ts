import { z } from "zod";
import { LaneName, namedLane } from "#operations/item/lane-field.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { atVersion, CHANGED_ITEM } from "./change-item.ts";
import { ItemAnswer, itemAnswer } from "./item-view.ts";

export const decideItem = defineOperation({
  name: "decide",
  summary: "Answer the open question of an item.",
  description: "The item returns to the lane it was asked from, and the brief includes the answer.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    answer: Body.refine((text) => text.trim() !== "", "an answer").describe(
      "What is decided: one of the options, or words of your own",
    ),
    reason: Body.describe("Why"),
    lane: LaneName.optional().describe("Lane it goes to; default the one it was asked from"),
  }),
  output: ItemAnswer.extend({
    /** Says that the answer is none of the options that were asked for. */
    hint: z.string().optional(),
  }),
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice decide OB-12 --answer No --reason "Nobody uses it"', does: "Decide" }],
  run: async (context, input) =>
    await atVersion(context, input, async ({ store, caller }, id) => {
      const { reason } = input;
      const lane = (await namedLane(store, input.lane))?.name;
      const { questions } = await store.items.get({ id });
      const options = questions.find((one) => one.answeredAt === null)?.options ?? [];
      const option = options.find((one) => isSame(one, input.answer));
      const answer = option ?? input.answer;
      const decided = await itemAnswer(
        store,
        await store.items.decide({ by: caller, id, answer, reason, lane }),
      );
      return options.length === 0 || option !== undefined ? decided : { ...decided, hint: ownWords(options) };
    }),
});

const isSame = (option: string, answer: string): boolean =>
  option.trim().toLowerCase() === answer.trim().toLowerCase();

const ownWords = (options: readonly string[]): string =>
  `The answer is kept in your words: it is not one of the options (${options.join(", ")})`;
