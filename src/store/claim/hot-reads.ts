import type { Selectable } from "kysely";
import type { SqlNames } from "#store/dialect.ts";
import type { ItemTable, RunTable } from "#store/schema.ts";

/** Reads of every answer to an agent, as texts: to build one of them takes longer than to run it. */

/** PostgreSQL answers a boolean, SQLite 0 or 1. */
type Truth = boolean | 0 | 1;

/** A row of `itemWithPartsSql`. */
export interface ItemWithParts extends Selectable<ItemTable> {
  readonly alias: string;
  readonly spec: string | null;
  readonly candidate_id: number | null;
  readonly has_repos: Truth;
  readonly has_links: Truth;
  readonly has_blocks: Truth;
  readonly has_children: Truth;
  readonly has_notes: Truth;
  readonly has_plans: Truth;
  readonly has_questions: Truth;
  readonly has_evidence: Truth;
}

/** An item with its project's alias, its spec, the candidate it came from, and which of its parts there are any of. Value: its id. */
export function itemWithPartsSql({ t, p }: SqlNames): string {
  const has = (table: string, column = "item_id", also = "") =>
    `exists (select 1 from ${t(table)} x where x.${column} = i.id ${also})`;
  return `select i.*, p.alias, s.spec,
      (select c.id from ${t("candidate")} c where c.item_id = i.id and c.state = 'approved' limit 1) as candidate_id,
      ${has("item_repo")} as has_repos, ${has("link", "from_id")} as has_links,
      ${has("link", "to_id", "and x.to_kind = 'item' and x.kind = 'blocked_by'")} as has_blocks,
      ${has("item", "parent_id")} as has_children, ${has("note")} as has_notes, ${has("plan")} as has_plans,
      ${has("question")} as has_questions, ${has("evidence")} as has_evidence
    from ${t("item")} i join ${t("project")} p on p.id = i.project_id left join ${t("item_spec")} s on s.item_id = i.id
    where i.id = ${p(1)}`;
}

/** A row of `runWithPartsSql`. */
export interface RunWithParts extends Selectable<RunTable> {
  readonly has_repos: Truth;
}

/** A run, and whether it has worktrees. Value: its id. */
export const runWithPartsSql = ({ t, p }: SqlNames): string =>
  `select r.*, exists (select 1 from ${t("run_repo")} x where x.run_id = r.id) as has_repos from ${t("run")} r where r.id = ${p(1)}`;

/** All settings, key and value. */
export const settingsSql = ({ t }: SqlNames): string => `select key, value from ${t("setting")}`;
