import { z } from "zod";
import type {
  ItemDetail,
  ItemPath,
  ItemRepo,
  Link,
  Note,
  Question,
} from "#operations/ports/store/item-store.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Selectable } from "kysely";
import { fields } from "#store/row-fields.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, SqlNames, StoreDialect, Tx } from "#store/dialect.ts";
import { actorName, readItem } from "./item-row.ts";
import type { EvidenceTable, ItemTable, NoteTable, PlanTable, QuestionTable } from "#store/schema.ts";
import { parseSpec } from "./specs.ts";

/** Reads an item with all that belongs to it. Most have little: what there is none of is not asked for. Refuses with `not_found`. */
export async function readDetail({ dialect }: Core, db: Database | Tx, id: number): Promise<ItemDetail> {
  const [row] = await dialect.rows<ItemWithParts>(db, itemWithPartsSql, [id]);
  if (row === undefined) throw new SluiceError("not_found", `There is no item ${id}`, { details: { id } });
  return {
    item: readItem(row),
    project: row.alias,
    grantBy: row.grant_by === null ? null : actorName(row.grant_by),
    spec: parseSpec(row.spec),
    repos: row.has_repos ? await reposOf(dialect, db, id) : [],
    paths: row.has_paths ? await pathsOf(dialect, db, id) : [],
    links: row.has_links ? await linksOf(db, id) : [],
    blocks: row.has_blocks ? await idsOf(dialect, db, blockedSql, id) : [],
    children: row.has_children ? await idsOf(dialect, db, childrenSql, id) : [],
    notes: row.has_notes ? await notesOf(dialect, db, id) : [],
    plan: row.has_plans ? ((await plansOf(dialect, db, id)).at(-1) ?? null) : null,
    questions: row.has_questions ? await questionsOf(dialect, db, id) : [],
    evidence: row.has_evidence ? await evidenceOf(dialect, db, id) : [],
    candidateId: row.candidate_id,
    capturedOn: row.captured_on,
  };
}

/** The same within a write, as the write leaves it so far. */
export const detailIn = (unit: Unit, id: number): Promise<ItemDetail> => readDetail(unit.core, unit.tx, id);

/** Items that wait for this one. */
const blockedSql = ({ t, p }: SqlNames): string =>
  `select from_id as id from ${t("link")} where to_kind = 'item' and to_id = ${p(1)} and kind = 'blocked_by' order by from_id`;
const childrenSql = ({ t, p }: SqlNames): string =>
  `select id from ${t("item")} where parent_id = ${p(1)} order by id`;

async function idsOf(
  { rows }: Pick<StoreDialect, "rows">,
  db: Database | Tx,
  text: (names: SqlNames) => string,
  itemId: number,
): Promise<readonly number[]> {
  return (await rows<{ id: number }>(db, text, [itemId])).map(({ id }) => id);
}

export const reposOf = (
  { rows }: Pick<StoreDialect, "rows">,
  db: Database | Tx,
  itemId: number,
): Promise<readonly ItemRepo[]> => rows<ItemRepo>(db, reposSql, [itemId]);

const reposSql = ({ t, p }: SqlNames): string =>
  `select r.id as "repoId", r.alias, x.role from ${t("item_repo")} x join ${t("repo")} r on r.id = x.repo_id
    where x.item_id = ${p(1)} order by r.id`;

export const pathsOf = (
  { rows }: Pick<StoreDialect, "rows">,
  db: Database | Tx,
  itemId: number,
): Promise<readonly ItemPath[]> => rows<ItemPath>(db, pathsSql, [itemId]);

const pathsSql = ({ t, p }: SqlNames): string =>
  `select repo_id as "repoId", pattern from ${t("item_path")} where item_id = ${p(1)} order by repo_id, pattern`;

async function linksOf(db: Database | Tx, itemId: number): Promise<readonly Link[]> {
  const rows = await db
    .selectFrom("link")
    .leftJoin("item", (join) => join.onRef("item.id", "=", "link.to_id").on("link.to_kind", "=", "item"))
    .leftJoin("candidate", (join) =>
      join.onRef("candidate.id", "=", "link.to_id").on("link.to_kind", "=", "candidate"),
    )
    .select([
      "link.kind",
      "link.to_kind",
      "link.to_id",
      "item.title",
      "item.state",
      "candidate.title as wish",
      "candidate.state as stage",
    ])
    .where("link.from_id", "=", itemId)
    .orderBy("link.created_at")
    .orderBy("link.to_id")
    .execute();
  return rows.map((row) => ({
    ...fields(row, "kind to_kind to_id"),
    fromId: itemId,
    toTitle: row.title ?? row.wish ?? "",
    toState: row.state ?? row.stage ?? "",
  }));
}

/** What an item has of a table, in its order. Value: the item's id. */
const partsSql =
  (table: string, order: string) =>
  ({ t, p }: SqlNames): string =>
    `select * from ${t(table)} where item_id = ${p(1)} order by ${order}`;

const notesSql = partsSql("note", "id");
const plansSql = partsSql("plan", "version");
const evidenceSql = partsSql("evidence", "id");
const questionsSql = partsSql("question", "id");

async function notesOf(
  { rows }: Pick<StoreDialect, "rows">,
  db: Database | Tx,
  itemId: number,
): Promise<readonly Note[]> {
  const found = await rows<Selectable<NoteTable>>(db, notesSql, [itemId]);
  return found.map((row) => ({
    ...fields(row, "id at run_id kind body"),
    actor: actorName(row.actor),
    byHolder: row.holder === 1,
  }));
}

export async function plansOf({ rows }: Pick<StoreDialect, "rows">, db: Database | Tx, itemId: number) {
  const found = await rows<Selectable<PlanTable>>(db, plansSql, [itemId]);
  return found.map((row) => ({ ...fields(row, "version body at run_id"), actor: actorName(row.actor) }));
}

async function evidenceOf({ rows }: Pick<StoreDialect, "rows">, db: Database | Tx, itemId: number) {
  const found = await rows<Selectable<EvidenceTable>>(db, evidenceSql, [itemId]);
  return found.map((row) => ({ ...fields(row, "kind value at run_id"), actor: actorName(row.actor) }));
}

async function questionsOf({ rows }: Pick<StoreDialect, "rows">, db: Database | Tx, itemId: number) {
  return (await rows<Selectable<QuestionTable>>(db, questionsSql, [itemId])).map(readQuestion);
}

function readQuestion(row: Selectable<QuestionTable>): Question {
  return {
    ...fields(row, "id question default_option deadline asked_of asked_at answer reason answered_at"),
    options: z.array(z.string()).parse(JSON.parse(row.options)),
    defaultAllowedBy: row.default_allowed_by === null ? null : actorName(row.default_allowed_by),
    askedBy: actorName(row.asked_by),
    answeredBy: row.answered_by === null ? null : actorName(row.answered_by),
  };
}

/** PostgreSQL answers a boolean, SQLite 0 or 1. */
type Truth = boolean | 0 | 1;

/** A row of `itemWithPartsSql`. */
interface ItemWithParts extends Selectable<ItemTable> {
  readonly alias: string;
  readonly spec: string | null;
  readonly candidate_id: number | null;
  readonly captured_on: string | null;
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
  const candidate = (column: string) =>
    `(select c.${column} from ${t("candidate")} c where c.item_id = i.id and c.state = 'approved' limit 1)`;
  return `select i.*, p.alias, s.spec,
      ${candidate("id")} as candidate_id, ${candidate("captured_on")} as captured_on,
      ${has("item_repo")} as has_repos, ${has("link", "from_id")} as has_links,
      ${has("link", "to_id", "and x.to_kind = 'item' and x.kind = 'blocked_by'")} as has_blocks,
      ${has("item", "parent_id")} as has_children, ${has("note")} as has_notes, ${has("plan")} as has_plans,
      ${has("question")} as has_questions, ${has("evidence")} as has_evidence
    from ${t("item")} i join ${t("project")} p on p.id = i.project_id left join ${t("item_spec")} s on s.item_id = i.id
    where i.id = ${p(1)}`;
}
