import { z } from "zod";
import { LANE_ROLES, type Lane } from "#domain/lane.ts";
import { defineOperation } from "#operations/operation.ts";

export const LanesAnswer = z.object({
  lanes: z.array(z.object({ name: z.string(), order: z.int(), role: z.enum(LANE_ROLES) })),
});

export function lanesAnswer(lanes: readonly Lane[]): z.input<typeof LanesAnswer> {
  const sorted = lanes.toSorted((a, b) => a.order - b.order);
  return { lanes: sorted.map(({ name, order, role }) => ({ name, order, role })) };
}

export const listLanes = defineOperation({
  name: "lane.list",
  summary: "List the lanes in their order.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({}),
  output: LanesAnswer,
  errors: [],
  examples: [{ command: "sluice lane list", does: "Show the lanes and their roles" }],
  run: async ({ store }) => lanesAnswer(await store.projects.lanes()),
});
