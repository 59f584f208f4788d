import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { Body, Line } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { LeaseId, leaseOf } from "./lease-fields.ts";
import { RunAnswer, runAnswer } from "./run-answer.ts";

export const ask = defineOperation({
  name: "ask",
  summary: "Ask a person for a decision and hand the item back meanwhile.",
  description: "No attempt is counted. The answer is in the brief of the next run.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({
    lease: LeaseId,
    question: Body.refine((text) => text.trim() !== "", "a question").describe("The question"),
    options: z.array(Line).max(20).default([]).describe("A possible answer"),
    default: z
      .int()
      .min(1)
      .optional()
      .describe(
        "Number of the option that becomes the answer at the deadline, from 1; only if a person allowed it for the project",
      ),
    deadline: z.int().min(0).optional().describe("When an answer is needed by").meta({ cli: "time" }),
    askedOf: z.string().max(80).optional().describe("Who should answer, human:NAME"),
  }),
  output: RunAnswer,
  errors: ["lease_lost"],
  positional: ["lease"],
  examples: [
    {
      command:
        'sluice ask LEASE --question "Keep the old API?" --option "Yes, for a year" --option No --default 2',
      does: "Ask, with a suggestion",
    },
  ],
  run: async (context, input) => {
    const { store, caller } = context;
    const { question, options, deadline, askedOf } = input;
    const defaultOption = input.default === undefined ? undefined : options[input.default - 1];
    if (input.default !== undefined && defaultOption === undefined)
      throw invalidField("default", input.default, `the number of an option, 1 to ${options.length}`);
    const leaseId = leaseOf(context, input.lease);
    const asked = { by: caller, leaseId, question, options, defaultOption, deadlineMs: deadline, askedOf };
    return await runAnswer(store, await store.claims.ask(asked));
  },
});
