import { sql } from "kysely";
import type { Item } from "#domain/item/item.ts";
import { claimOrder } from "#domain/schedule/claim-order.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import type { Core } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import { within, type QueueEntry } from "./queue-draw.ts";

/** The (project, needs) pairs a claim may take from: not archived, not paused, below their bound of leases, within what the runner can. */
export async function queueEntries(
  core: Core,
  db: Database | Tx,
  filter: ClaimFilter,
): Promise<readonly QueueEntry[]> {
  const { table } = core.dialect;
  const { rows } = await sql<QueueEntry>`
    select z.project_id as "projectId", z.needs as needs, p.weight as weight
    from ${table("queue")} z join ${table("project")} p on p.id = z.project_id
    where z.class = ${filter.class ?? "core"} and p.archived_at is null
      and (p.spent_until is null or p.spent_until <= ${core.dialect.now})
      and not exists (select 1 from ${table("pause")} s where s.scope = 'workspace' or (s.scope = 'project' and s.name = p.alias))
      and (p.max_leases is null or p.max_leases > (select count(*) from ${table("item")} l where l.project_id = p.id and l.q = 3))`.execute(
    db,
  );
  return within(rows, filter);
}

/** The first ready item of a project's queues. */
export async function firstReady(
  core: Core,
  db: Database | Tx,
  queues: readonly QueueEntry[],
  filter: ClaimFilter,
  forClaim: boolean,
): Promise<Item | undefined> {
  const firsts: Item[] = [];
  for (const entry of queues) {
    const item = await firstOfQueue(core, db, entry, filter, forClaim);
    if (item !== undefined) firsts.push(item);
  }
  return firsts.toSorted(claimOrder)[0];
}

async function firstOfQueue(
  core: Core,
  db: Database | Tx,
  entry: QueueEntry,
  filter: ClaimFilter,
  forClaim: boolean,
): Promise<Item | undefined> {
  const row = await db
    .selectFrom("item")
    .selectAll()
    .where("q", "=", sql.lit(QUEUE.ready))
    .where("class", "=", filter.class ?? "core")
    .where("needs", "=", entry.needs)
    .where("project_id", "=", entry.projectId)
    .$if(filter.kinds !== undefined, (query) => query.where("kind", "in", [...(filter.kinds ?? [])]))
    .orderBy("band")
    .orderBy("deadline")
    .orderBy("tried")
    .orderBy("id")
    .limit(1)
    .$if(forClaim, (query) => query.modifyEnd(core.dialect.skipLocked))
    .executeTakeFirst();
  return row === undefined ? undefined : readItem(row);
}
