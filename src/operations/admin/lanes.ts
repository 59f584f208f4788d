import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { type Lane, LANE_ROLES, laneNamed } from "#domain/lane.ts";
import { defineOperation } from "#operations/operation.ts";

const LanesAnswer = z.object({
  lanes: z.array(z.object({ name: z.string(), order: z.int(), role: z.enum(LANE_ROLES) })),
});

function lanesAnswer(lanes: readonly Lane[]): z.input<typeof LanesAnswer> {
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

const Input = z.strictObject({
  lane: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "1 to 64 lower-case letters, digits, _ and -")
    .describe("Name of the lane; a new name makes a lane"),
  role: z.enum(LANE_ROLES).optional().describe("Role that rules refer to; required for a new lane"),
  order: z.int().min(0).max(1_000).optional().describe("Rank in lists; default last"),
  remove: z.boolean().optional().describe("Remove the lane; it must be empty"),
});

export const editLane = defineOperation({
  name: "lane.edit",
  summary: "Change, make or remove a lane.",
  description: "A set has exactly one lane with role triage and at least one with role agent.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: Input,
  output: LanesAnswer,
  errors: ["conflict"],
  positional: ["lane"],
  examples: [{ command: "sluice lane edit waits_for_design --role decision --order 3", does: "Make a lane" }],
  run: async ({ store, caller }, input) => {
    const change = (lanes: readonly Lane[]) => changed(lanes, input);
    return lanesAnswer(await store.projects.setLanes({ by: caller, change }));
  },
});

function changed(lanes: readonly Lane[], input: z.output<typeof Input>): readonly Lane[] {
  const { lane: name, role, order, remove } = input;
  const others = lanes.filter((lane) => lane.name !== name);
  if (remove === true) {
    laneNamed(lanes, name);
    return others;
  }
  const before = lanes.find((lane) => lane.name === name);
  const newRole = role ?? before?.role;
  if (newRole === undefined)
    throw new SluiceError("invalid", `role is missing, a new lane ${name} needs one`, {
      hint: `Give one: sluice lane edit ${name} --role ${LANE_ROLES.join("|")}`,
      details: { field: "role", accepted: LANE_ROLES },
    });
  const last = Math.max(0, ...lanes.map((lane) => lane.order));
  return [...others, { name, role: newRole, order: order ?? before?.order ?? last + 1 }];
}
