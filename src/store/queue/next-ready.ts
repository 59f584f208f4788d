import { type RawBuilder, sql } from "kysely";
import type { Item } from "#domain/item/item.ts";
import { CLAIM_FIELDS, claimOrder, drawProjects } from "#domain/schedule/claim-order.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import { dueItems } from "#store/claim/due-items.ts";
import { heldBy, pathsAtWork, pathsOfItems, reposOfPaths } from "#store/claim/held-paths.ts";
import type { Core } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import { openQueues, type QueueHead } from "./open-queues.ts";
import { CLAIM_ORDER, type OpenQueue, type ReadyPick } from "./ready.ts";

/** Ready items of a project looked at together where paths matter. */
const PAGE = 50;

/** The item that a claim would most likely give: the same draw over the same queues in the same order, without a lease. */
export async function peek(core: Core, db: Database | Tx, filter: ClaimFilter): Promise<Item | undefined> {
  return firstOf(core, db, filter, await openQueues(core.dialect, db, filter));
}

/** The same of a queue that has been looked at. */
export async function firstOf(
  core: Core,
  db: Database | Tx,
  filter: ClaimFilter,
  head: QueueHead,
): Promise<Item | undefined> {
  const due = head.isDue ? (await dueItems(core, db, head)).filter((item) => isWanted(item, filter)) : [];
  let queues = drawProjects(head.queues, core.random);
  while (queues.length > 0) {
    const pick = { queues, class: filter.class ?? "core", kinds: filter.kinds };
    const row = await core.dialect.items.firstReady(db, pick);
    const first = row === undefined ? undefined : readItem(row);
    const at = queues.findIndex(
      (queue) => queue.projectId === first?.projectId || isOf(due, queue).length > 0,
    );
    const queue = queues[at];
    if (queue === undefined) return undefined;
    const ready =
      first === undefined || first.projectId !== queue.projectId
        ? undefined
        : row?.has_paths === 1
          ? await firstFree(core, db, { ...pick, queues: [queue] })
          : first;
    const [next] = [...(ready === undefined ? [] : [ready]), ...isOf(due, queue)].toSorted(claimOrder);
    if (next !== undefined) return next;
    queues = queues.slice(at + 1);
  }
  return undefined;
}

const isWanted = (item: Item, { kinds, class: kindClass = "core" }: ClaimFilter): boolean =>
  item.class === kindClass && kinds?.includes(item.kind) !== false;

const isOf = (items: readonly Item[], { projectId, needs }: OpenQueue): readonly Item[] =>
  items.filter((item) => item.projectId === projectId && needs.includes(item.needs));

/** The first ready item of a project whose paths nobody is at work on. */
async function firstFree(core: Core, db: Database | Tx, pick: ReadyPick): Promise<Item | undefined> {
  for (let after: Item | undefined; ;) {
    const items = await readyItems(db, pick, PAGE, sql``, after);
    const own = await pathsOfItems(
      db,
      items.map(({ id }) => id),
    );
    const atWork = await pathsAtWork(core, db, reposOfPaths(own));
    const free = items.find((item) => heldBy(item.id, own, atWork) === undefined);
    after = items.at(-1);
    if (free !== undefined || after === undefined) return free;
  }
}

/**
 * Ready items of these queues in the order in which they are claimed.
 * @param locking ends the select
 * @param after only those that come behind this one
 */
export async function readyItems(
  db: Database | Tx,
  { queues, class: kindClass, kinds }: ReadyPick,
  limit: number,
  locking: RawBuilder<unknown>,
  after?: Item,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (const { projectId, needs } of queues.flatMap((queue) =>
    queue.needs.map((set) => ({ ...queue, needs: set })),
  )) {
    const rows = await db
      .selectFrom("item")
      .selectAll()
      .where("q", "=", sql.lit(QUEUE.ready))
      .where("class", "=", kindClass)
      .where("needs", "=", needs)
      .where("project_id", "=", projectId)
      .$if(kinds !== undefined, (query) => query.where("kind", "in", [...(kinds ?? [])]))
      .$if(after !== undefined, (query) =>
        query.where(
          sql<boolean>`(${sql.raw(CLAIM_ORDER)}) > (${sql.join(CLAIM_FIELDS.map((field) => after?.[field]))})`,
        ),
      )
      .orderBy(sql.raw(CLAIM_ORDER))
      .limit(limit)
      .modifyEnd(locking)
      .execute();
    items.push(...rows.map(readItem));
  }
  return items.toSorted(claimOrder).slice(0, limit);
}
