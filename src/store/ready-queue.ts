import { sql } from "kysely";
import type { Item } from "#domain/item/item.ts";
import { claimOrder } from "#domain/schedule/claim-order.ts";
import { drawProjects } from "#domain/schedule/project-draw.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import type { Core } from "./core.ts";
import type { Database, Tx } from "./dialect.ts";
import { readItem } from "./item-row.ts";

/** What a filter leaves of the open queues. */
export function within<E extends QueueEntry>(entries: readonly E[], filter: ClaimFilter): readonly E[] {
  const able = new Set(filter.capabilities ?? []);
  const wanted = filter.projectIds === undefined ? undefined : new Set(filter.projectIds);
  return entries.filter(
    (row) =>
      (wanted === undefined || wanted.has(row.projectId)) &&
      (row.needs === "" || row.needs.split(",").every((need) => able.has(need))),
  );
}

export interface QueueEntry {
  readonly projectId: number;
  readonly needs: string;
  readonly weight: number;
}

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
      and not exists (select 1 from ${table("pause")} s where s.scope = 'workspace' or (s.scope = 'project' and s.name = p.alias))
      and (p.max_leases is null or p.max_leases > (select count(*) from ${table("item")} l where l.project_id = p.id and l.q = 3))`.execute(
    db,
  );
  return within(rows, filter);
}

/** The usual case, one queue per project and no bound of leases, in drawn order; undefined in any other. */
export function drawPlain<E extends QueueEntry & { readonly bounded: boolean }>(
  entries: readonly E[],
  random: () => number,
): readonly E[] | undefined {
  const projects = new Set(entries.map(({ projectId }) => projectId));
  if (projects.size < entries.length || entries.some(({ bounded }) => bounded)) return undefined;
  return drawProjects(entries, random);
}

/** The queues of each project, projects in drawn order. A project draws once, however many sets of needs its items have. */
export function drawQueues<E extends QueueEntry>(
  entries: readonly E[],
  random: () => number,
): readonly (readonly E[])[] {
  const projects = Map.groupBy(entries, (entry) => entry.projectId);
  const heads = Array.from(projects.values()).flatMap((queues) => queues.slice(0, 1));
  return drawProjects(heads, random).map((head) => projects.get(head.projectId) ?? []);
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
