import type { Tables } from "#store/schema.ts";

/** How a table is carried to another workspace. */
interface CopiedTable {
  /** Primary key: the order of reading, and what tells a row from another. */
  readonly key: readonly string[];
  /** Columns written in a second pass, because they name rows of the same table that may come later. */
  readonly later?: readonly string[];
  /** Numbers its rows itself: the next number must stand above the copied ones. */
  readonly numbered?: true;
}

/** Every table, each after those that its rows refer to. A new table does not compile until it has its place here. */
export const COPIED_TABLES = {
  setting: { key: ["key"] },
  former_prefix: { key: ["prefix"] },
  lane: { key: ["name"] },
  project: { key: ["id"], numbered: true },
  repo: { key: ["id"], numbered: true },
  checkout: { key: ["repo_id", "host"] },
  item: { key: ["id"], later: ["parent_id"], numbered: true },
  ref_alias: { key: ["prefix", "number"] },
  item_spec: { key: ["item_id"] },
  item_label: { key: ["label", "item_id"] },
  item_repo: { key: ["item_id", "repo_id"] },
  item_path: { key: ["item_id", "repo_id", "pattern"] },
  queue: { key: ["class", "needs", "project_id"] },
  link: { key: ["from_id", "kind", "to_kind", "to_id"] },
  candidate: { key: ["id"], numbered: true },
  imported_file: { key: ["system", "origin"] },
  question: { key: ["id"], numbered: true },
  note: { key: ["id"], numbered: true },
  plan: { key: ["item_id", "version"] },
  evidence: { key: ["id"], numbered: true },
  run: { key: ["id"], numbered: true },
  run_repo: { key: ["run_id", "repo_id"] },
  spending: { key: ["project_id", "day"] },
  landing: { key: ["id"], numbered: true },
  pull_request: { key: ["id"], numbered: true },
  landing_lock: { key: ["repo_id", "target"] },
  git_commit: { key: ["repo_id", "sha"] },
  commit_ref: { key: ["prefix", "number", "repo_id", "sha"] },
  commit_revert: { key: ["repo_id", "reverted", "sha"] },
  branch_head: { key: ["repo_id", "name"] },
  sweep_hold: { key: ["kind", "id"] },
  worker: { key: ["id"] },
  breaker: { key: ["runner"] },
  pause: { key: ["scope", "name"] },
  idempotency: { key: ["actor", "key"] },
  token: { key: ["id"], numbered: true },
  denial: { key: ["id"], numbered: true },
  event: { key: ["id"], numbered: true },
  // Before the payloads: one that was archived meanwhile leaves the copy only once a block holds it.
  event_block: { key: ["first_id"] },
  event_payload: { key: ["event_id"] },
  seal: { key: ["id"] },
  event_seal: { key: ["event_id"] },
} as const satisfies Record<keyof Tables, CopiedTable>;

export type TableName = keyof typeof COPIED_TABLES;

/** The rules of a table, with absent members readable. */
export const rulesOf = (table: TableName): CopiedTable => COPIED_TABLES[table];

export const TABLE_NAMES = Object.keys(COPIED_TABLES).filter(
  (name): name is TableName => name in COPIED_TABLES,
);
