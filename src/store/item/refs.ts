import { sql } from "kysely";
import { SluiceError } from "#domain/errors.ts";
import { formatRef, parseRef } from "#domain/ref.ts";
import type { Core } from "#store/core.ts";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";
import { DEFAULT_PREFIX } from "#store/setting-rows.ts";

export async function prefixOf(db: Database | Tx): Promise<string> {
  const row = await db.selectFrom("setting").select("value").where("key", "=", "prefix").executeTakeFirst();
  return row?.value ?? DEFAULT_PREFIX;
}

/** An item's ref for messages. */
export async function refOf(db: Database | Tx, id: number): Promise<string> {
  return formatRef(await prefixOf(db), id);
}

/** Values: a ref's prefix, empty where it has none, and its number. */
const namedItemSql = ({ t, p }: SqlNames): string => `select coalesce(
    (select item_id from ${t("ref_alias")} where prefix = ${p(1)} and number = ${p(2)}),
    (select id from ${t("item")} where id = ${p(2)} and (${p(1)} in ('',
        coalesce((select value from ${t("setting")} where key = 'prefix'), '${DEFAULT_PREFIX}'))
      or exists (select 1 from ${t("former_prefix")} where prefix = ${p(1)})))) as id`;

/** The item a ref names: by the current or a former prefix, or by an alias from a merged workspace. */
export async function resolveRef(core: Core, db: Database, text: string): Promise<number> {
  const ref = parseRef(text);
  if (ref.kind !== "item")
    throw new SluiceError("invalid", `${text} is a ${ref.kind}, not an item`, {
      hint: "Name an item, e.g. OB-12",
      details: { field: "ref", value: text },
    });
  const [row] = await core.dialect.rows<{ id: number | null }>(db, namedItemSql, [ref.prefix, ref.number]);
  if (typeof row?.id === "number") return row.id;
  const near = await nearRefs(core, db, ref.number);
  throw new SluiceError("not_found", `There is no item ${text}`, {
    hint:
      near.length === 0
        ? "There are no items yet; add one with: sluice item add -t TITLE"
        : `Did you mean ${near.join(" or ")}?`,
    details: { ref: text, near },
  });
}

/** The items whose numbers are nearest: a slip of a finger, or a number from an older list. */
async function nearRefs(core: Core, db: Database, number: number): Promise<readonly string[]> {
  const table = core.dialect.table("item");
  const { rows } = await sql<{ id: number }>`select id from (
    select * from (select id from ${table} where id >= ${number} order by id limit 3) above
    union all select * from (select id from ${table} where id < ${number} order by id desc limit 3) below) near
    order by abs(id - ${number}), id limit 3`.execute(db);
  const prefix = await prefixOf(db);
  return rows.map((row) => formatRef(prefix, row.id));
}
