import { sql } from "kysely";
import { patternsOverlap } from "#domain/schedule/path-overlap.ts";
import type { Core } from "#store/core.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";

/** A path that an item names: a pattern in one repository. */
interface ItemPath {
  readonly itemId: number;
  readonly repoId: number;
  readonly pattern: string;
}

/** The paths of these items. */
export async function pathsOfItems(
  db: Database | Tx,
  itemIds: readonly number[],
): Promise<readonly ItemPath[]> {
  if (itemIds.length === 0) return [];
  const rows = await db
    .selectFrom("item_path")
    .select(["item_id", "repo_id", "pattern"])
    .where("item_id", "in", [...itemIds])
    .execute();
  return rows.map((row) => ({ itemId: row.item_id, repoId: row.repo_id, pattern: row.pattern }));
}

/** The paths that leases, checks and landings keep others off, in these repositories. */
export async function pathsAtWork(
  { dialect }: Core,
  db: Database | Tx,
  repoIds: readonly number[],
): Promise<readonly ItemPath[]> {
  if (repoIds.length === 0) return [];
  const rows = await db
    .selectFrom("item_path")
    .innerJoin("item", "item.id", "item_path.item_id")
    .select(["item.id", "item_path.repo_id", "item_path.pattern"])
    .where("item_path.repo_id", "in", [...repoIds])
    // Each by its index: those at work are few, however many items name paths.
    .where(
      sql<boolean>`item.id in (select id from ${dialect.table("item")} where q = 3
        union all select id from ${dialect.table("item")} where state = 'review' and phase in ('verify', 'land'))`,
    )
    .where((eb) => eb.or([eb("item.state", "=", "review"), eb("item.lease_expires_at", ">", dialect.now)]))
    .execute();
  return rows.map((row) => ({ itemId: row.id, repoId: row.repo_id, pattern: row.pattern }));
}

/** The item at work that keeps this one off its paths; undefined where it may be worked on. */
export function heldBy(
  itemId: number,
  own: readonly ItemPath[],
  atWork: readonly ItemPath[],
): number | undefined {
  return atWork.find(
    (other) =>
      other.itemId !== itemId &&
      own.some(
        (path) =>
          path.itemId === itemId &&
          path.repoId === other.repoId &&
          patternsOverlap(path.pattern, other.pattern),
      ),
  )?.itemId;
}

export const reposOfPaths = (paths: readonly ItemPath[]): readonly number[] =>
  Array.from(new Set(paths.map(({ repoId }) => repoId))).toSorted((a, b) => a - b);

/** `heldBy` of one item, looked at without a lock. */
export async function findHolder(core: Core, db: Database | Tx, itemId: number): Promise<number | undefined> {
  const own = await pathsOfItems(db, [itemId]);
  return heldBy(itemId, own, await pathsAtWork(core, db, reposOfPaths(own)));
}

/**
 * Ids of items that held others and hold no paths any more. One look at each holder, however many items it holds: SQL has no other way
 * to go over the different values of an index.
 */
export const formerHolders = ({ t }: SqlNames): string =>
  `select h.id from (${holders(t)}) h left join ${t("item")} x on x.id = h.id where h.id is not null and ${HOLDS_NONE}`;

/** An expression: whether the end of item `i` lets others go on, whether its own paths held them or a former holder's. */
export const freesOthers = ({ t }: SqlNames): string =>
  `(select count(*) from (${holders(t)}) h left join ${t("item")} x on x.id = h.id
    where h.id is not null and i.has_paths = 1 and (h.id = i.id or ${HOLDS_NONE}))`;

const holders = (t: SqlNames["t"]): string =>
  `with recursive holder(id) as (select min(held_by) from ${t("item")} where q = ${QUEUE.held}
    union all select (select min(held_by) from ${t("item")} where q = ${QUEUE.held} and held_by > holder.id) from holder where holder.id is not null)
    select id from holder`;

const HOLDS_NONE = `(x.id is null or not ((x.state = 'open' and x.lease_id is not null) or (x.state = 'review' and x.phase in ('verify', 'land'))))`;

/**
 * Whether a path at work may overlap one of an item's: of those that do, one's literal start begins the other's. Without such a one there
 * is nothing to compare, and the item is free.
 * @param item expression of its id
 */
export const mayOverlap = ({ t, now }: Pick<SqlNames, "t" | "now">, item: string): string =>
  `exists (select 1 from (select id from ${t("item")} where q = ${QUEUE.leased} and lease_expires_at > ${now}
      union all select id from ${t("item")} where state = 'review' and phase in ('verify', 'land')) h
    cross join ${t("item_path")} b cross join ${t("item_path")} a
    where b.item_id = h.id and a.item_id = ${item} and a.repo_id = b.repo_id and h.id <> a.item_id
      and (substr(a.prefix, 1, length(b.prefix)) = b.prefix or substr(b.prefix, 1, length(a.prefix)) = a.prefix))`;
