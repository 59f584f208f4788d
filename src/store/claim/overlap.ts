import { sql, type RawBuilder } from "kysely";
import type { Item } from "#domain/item/item.ts";
import { patternsOverlap } from "#domain/schedule/path-overlap.ts";
import type { Unit } from "#store/core.ts";

/**
 * The item whose live lease, check or landing keeps this one off its paths; undefined when it may be worked on. Under a lock per repo,
 * so that two claims cannot both see the paths free.
 */
export async function overlapping(unit: Unit, item: Item): Promise<number | undefined> {
  const own = await unit.tx
    .selectFrom("item_path")
    .select(["repo_id", "pattern"])
    .where("item_id", "=", item.id)
    .orderBy("repo_id")
    .execute();
  for (const repoId of new Set(own.map((path) => path.repo_id)))
    await unit.core.dialect.lock(unit.tx, `paths:${repoId}`);
  if (own.length === 0) return undefined;
  const others = await unit.tx
    .selectFrom("item_path")
    .innerJoin("item", "item.id", "item_path.item_id")
    .select(["item.id", "item_path.repo_id", "item_path.pattern"])
    .where("item.id", "!=", item.id)
    .where("item_path.repo_id", "in", Array.from(new Set(own.map((path) => path.repo_id))))
    .where(holdingPaths("item"))
    .where((eb) => eb.or([eb("item.state", "=", "review"), eb("item.lease_expires_at", ">", unit.now)]))
    .execute();
  return others.find((other) =>
    own.some((path) => path.repo_id === other.repo_id && patternsOverlap(path.pattern, other.pattern)),
  )?.id;
}

/** `holdsPaths` of the item that `alias` names in a query. */
export function holdingPaths(alias: string): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${alias}.${name}`);
  return sql<boolean>`((${column("state")} = 'open' and ${column("lease_id")} is not null)
    or (${column("state")} = 'review' and ${column("phase")} in ('verify', 'land')))`;
}
