import { Spec, specText } from "#domain/item/spec.ts";
import { searchTokens } from "#domain/text/search-tokens.ts";
import type { Database, Tx } from "#store/dialect.ts";
import type { Unit } from "#store/core.ts";

/** The long texts of an item, in a row of their own so that the queue's rows stay small. */
export async function readSpec(db: Database | Tx, itemId: number): Promise<Spec> {
  const row = await db
    .selectFrom("item_spec")
    .select("spec")
    .where("item_id", "=", itemId)
    .executeTakeFirst();
  return parseSpec(row?.spec ?? null);
}

/** @param text as it is stored; null where an item has no spec */
export const parseSpec = (text: string | null): Spec => Spec.parse(text === null ? {} : JSON.parse(text));

/** Replaces an item's spec and what search knows of it. */
export async function writeSpec(unit: Unit, itemId: number, spec: Spec, title?: string): Promise<void> {
  const text = JSON.stringify(spec);
  await unit.tx
    .insertInto("item_spec")
    .values({ item_id: itemId, spec: text })
    .onConflict((conflict) => conflict.column("item_id").doUpdateSet({ spec: text }))
    .execute();
  await indexItem(unit, itemId, spec, title);
}

async function indexItem(unit: Unit, itemId: number, spec: Spec, title: string | undefined): Promise<void> {
  const row =
    title === undefined
      ? await unit.tx.selectFrom("item").select("title").where("id", "=", itemId).executeTakeFirst()
      : { title };
  await unit.core.dialect.index(unit.tx, itemId, searchTokens(`${row?.title ?? ""}\n${specText(spec)}`));
}
