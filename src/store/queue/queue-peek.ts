import type { Item } from "#domain/item/item.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import { databaseNow, type Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import { drawPlain, drawQueues, within } from "./queue-draw.ts";
import { firstReady, queueEntries } from "./ready-queue.ts";

/** The item that a claim would most likely give: the same draw, without a lease. */
export async function peek(core: Core, db: Database, filter: ClaimFilter): Promise<Item | undefined> {
  const item = !core.db.isTransaction ? await peekPlain(core, db, filter) : "general";
  return (item === "general" ? await peekCarefully(core, db, filter) : item) ?? firstDue(core, db, filter);
}

/** The usual case: one queue per project and no bound of leases. Else `general`. */
async function peekPlain(
  core: Core,
  db: Database,
  filter: ClaimFilter,
): Promise<Item | undefined | "general"> {
  const kindClass = filter.class ?? "core";
  const entries = within((await core.dialect.hot.queueHead(db, kindClass, "")).entries, filter);
  const pairs = drawPlain(entries, core.random);
  if (pairs === undefined) return "general";
  if (pairs.length === 0) return undefined;
  const pick = { pairs, class: kindClass, kinds: filter.kinds };
  const row = await core.dialect.hot.peekReady(db, pick);
  return row === undefined ? undefined : readItem(row);
}

async function peekCarefully(core: Core, db: Database, filter: ClaimFilter): Promise<Item | undefined> {
  for (const queues of drawQueues(await queueEntries(core, db, filter), core.random)) {
    const item = await firstReady(core, db, queues, filter, false);
    if (item !== undefined) return item;
  }
  return undefined;
}

/** An item whose time has come but which no claim has looked at since. */
async function firstDue(core: Core, db: Database, filter: ClaimFilter): Promise<Item | undefined> {
  const entries = await queueEntries(core, db, filter);
  const now = await databaseNow(db, core.dialect);
  const agentLanes = db.selectFrom("lane").select("name").where("role", "=", "agent");
  const row = await db
    .selectFrom("item")
    .selectAll()
    .where("wake_at", "<=", now)
    .where("state", "=", "open")
    // A default that is due makes an item ready where it leads back to agents.
    .where((eb) => eb.or([eb("takes_default", "=", 0), eb("resume_lane", "in", agentLanes)]))
    .where("class", "=", filter.class ?? "core")
    .$if(filter.kinds !== undefined, (query) => query.where("kind", "in", [...(filter.kinds ?? [])]))
    .where((eb) => eb.or(entries.map(({ projectId, needs }) => eb.and({ project_id: projectId, needs }))))
    .orderBy("wake_at")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : readItem(row);
}
