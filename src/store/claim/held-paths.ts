import { sql, type RawBuilder } from "kysely";
import { patternsOverlap } from "#domain/schedule/path-overlap.ts";
import type { Core } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";

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

/** `holdsPaths` of the item that `alias` names in a query. */
export function holdingPaths(alias: string): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${alias}.${name}`);
  return sql<boolean>`((${column("state")} = 'open' and ${column("lease_id")} is not null)
    or (${column("state")} = 'review' and ${column("phase")} in ('verify', 'land')))`;
}
