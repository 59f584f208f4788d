/** Background kinds have slots of their own and never take a core slot. */
export type KindClass = "core" | "background";

/** What an item asks for, and the class whose slots it takes. */
export const JOB_KINDS = {
  code: "core",
  research: "core",
  review: "core",
  write: "background",
} as const satisfies Record<string, KindClass>;

type JobKind = keyof typeof JOB_KINDS;
export const JOB_KIND_NAMES = ["code", "research", "review", "write"] as const satisfies readonly JobKind[];

export const ITEM_TYPES = ["task", "bug", "feature", "vulnerability", "goal", "chore", "question"] as const;
export const PRIORITIES = ["P1", "P2", "P3", "P4", "P5"] as const;
export type Priority = (typeof PRIORITIES)[number];
