import { z } from "zod";
import { Body, Line, Title } from "#domain/text/bounded-text.ts";
import { fieldsIn, ITEM_FIELDS } from "#operations/item/item-fields.ts";
import { SPEC_FIELDS, specOf } from "#operations/item/spec-fields.ts";
import { defineOperation } from "#operations/operation.ts";
import { ProjectAlias, projectOf } from "#operations/project/project-of.ts";
import { ProposedView } from "./candidate-view.ts";
import { fileCandidate } from "./file-candidate.ts";

export const propose = defineOperation({
  name: "propose",
  summary: "File proposed work at the gate.",
  description:
    "Filing the same work again returns the first candidate, or its rejection where it was rejected in the last 90 days.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({
    title: Title.describe("What to do, in one line").meta({ short: "t" }),
    ...SPEC_FIELDS,
    ...ITEM_FIELDS,
    lane: z.string().max(64).optional().describe("Suggested lane; the gate decides"),
    project: ProjectAlias.optional(),
    source: z
      .string()
      .regex(/^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,63}$/u, "1 to 64 letters, digits and ._:-")
      .optional()
      .describe("Where it comes from; default `agent` or `human`"),
    externalRef: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe("Identity in the source: the same source and reference is the same candidate"),
    rule: Line.optional().describe("Capture rule that made it"),
    sourceText: Body.optional().describe("The text it was made from"),
  }),
  output: z.object({ candidate: ProposedView }),
  errors: ["not_found", "limited"],
  examples: [
    { command: 'sluice propose -t "Validate webhook signatures" --why "Anyone can post"', does: "File it" },
    {
      command:
        'sluice propose -t "SQL injection in search" --source semgrep --external-ref rule-17:app/db.ts',
      does: "File a scanner's finding once, however often it is reported",
    },
  ],
  run: async (context, input) => {
    const project = await projectOf(context, input.project);
    const source = input.source ?? (context.caller.authority === "agent" ? "agent" : "human");
    const { title, externalRef, rule, sourceText, lane } = input;
    const candidate = await fileCandidate(context, {
      projectId: project.id,
      title,
      spec: specOf(input),
      wishes: { lane, ...fieldsIn(input) },
      source,
      rule,
      sourceText,
      external: externalRef === undefined ? undefined : { system: source, key: externalRef },
    });
    return { candidate };
  },
});
