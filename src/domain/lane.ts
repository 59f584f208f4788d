import { SluiceError } from "./errors.ts";

export const LANE_ROLES = ["triage", "decision", "investigation", "manual", "agent"] as const;
export type LaneRole = (typeof LANE_ROLES)[number];

export interface Lane {
  /** Lower case with `_`, 1 to 64 characters. */
  readonly name: string;
  /** Rank in lists, lowest first. */
  readonly order: number;
  /** What rules speak of; names are the workspace's own. */
  readonly role: LaneRole;
}

export const DEFAULT_LANES: readonly Lane[] = [
  { name: "requires_triage", order: 1, role: "triage" },
  { name: "requires_decision", order: 2, role: "decision" },
  { name: "requires_investigation", order: 3, role: "investigation" },
  { name: "requires_clickops", order: 4, role: "manual" },
  { name: "autonomous_safe", order: 5, role: "agent" },
];

/** The set rule: exactly one triage lane, at least one agent lane, no name twice. */
export function checkLanes(lanes: readonly Lane[]): void {
  const count = (role: LaneRole) => lanes.filter((lane) => lane.role === role).length;
  const names = new Set(lanes.map((lane) => lane.name));
  if (count("triage") === 1 && count("agent") >= 1 && names.size === lanes.length) return;
  throw new SluiceError(
    "invalid",
    "A lane set has exactly one triage lane, at least one agent lane and no name twice",
    {
      details: { lanes: lanes.map((lane) => `${lane.name}:${lane.role}`) },
    },
  );
}

/** The first lane of a role; a role without a lane falls to triage. */
export function laneOfRole(lanes: readonly Lane[], role: LaneRole): Lane {
  const found = lanes.find((lane) => lane.role === role) ?? lanes.find((lane) => lane.role === "triage");
  if (found === undefined) throw new SluiceError("internal", "The workspace has no triage lane");
  return found;
}

/** A lane by name, or by its role (`triage`), then the first of it. Refuses an unknown one with `invalid` and the names there are. */
export function laneNamed(lanes: readonly Lane[], name: string): Lane {
  const found = lanes.find((lane) => lane.name === name) ?? lanes.find((lane) => lane.role === name);
  if (found !== undefined) return found;
  throw new SluiceError(
    "invalid",
    `lane is ${JSON.stringify(name)}, expected one of ${lanes.map((l) => l.name).join(", ")}`,
    {
      details: { field: "lane", value: name, accepted: lanes.map((lane) => lane.name) },
    },
  );
}
