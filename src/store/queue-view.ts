import { sql } from "kysely";
import { isClosed, ITEM_STATES } from "#domain/item/lifecycle.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { ClaimFilter, ClaimStore, Pause, QueueSummary } from "#operations/ports/store/claim-store.ts";
import { peek } from "./queue-peek.ts";
import { queueEntries } from "./ready-queue.ts";
import { projectsOverBudget } from "./spent-budgets.ts";
import { type Core, type Unit } from "./core.ts";
import type { Database, Tx } from "./dialect.ts";
import { recordWorkspaceEvent } from "./events.ts";
import { actorName } from "./item-row.ts";
import { formatActor } from "#domain/actor.ts";

export async function countReady(core: Core, db: Database, filter: ClaimFilter): Promise<number> {
  const item = await peek(core, db, filter);
  if (item === undefined) return 0;
  const entries = await queueEntries(core, db, filter);
  const row = await db
    .selectFrom("item")
    .select((eb) => eb.fn.countAll<number>().as("ready"))
    .where("q", "=", QUEUE.ready)
    .where("class", "=", filter.class ?? "core")
    .$if(filter.kinds !== undefined, (query) => query.where("kind", "in", [...(filter.kinds ?? [])]))
    .where((eb) => eb.or(entries.map(({ projectId, needs }) => eb.and({ project_id: projectId, needs }))))
    .executeTakeFirstOrThrow();
  return Math.max(1, Number(row.ready));
}

/** Ready items of the same project that come first. */
export async function ahead(core: Core, db: Database, id: number): Promise<number> {
  const table = core.dialect.table("item");
  const { rows } = await sql<{
    ahead: number;
  }>`select count(*) as ahead from ${table} o join ${table} i on i.id = ${id}
    where o.q = 1 and o.project_id = i.project_id and o.class = i.class and o.id <> i.id
      and (o.band, o.deadline, o.tried, o.id) < (i.band, i.deadline, i.tried, i.id)`.execute(db);
  return Number(rows[0]?.ahead ?? 0);
}

const OPEN = ITEM_STATES.filter((state) => !isClosed(state));

export async function summary(
  core: Core,
  db: Database,
  projectIds: readonly number[] | undefined,
): Promise<QueueSummary> {
  const grouped = await db
    .selectFrom("item")
    .innerJoin("lane", "lane.name", "item.lane")
    .select(["item.q", "item.state", "item.lane", "lane.role", (eb) => eb.fn.countAll<number>().as("n")])
    .where("item.state", "in", [...OPEN])
    .$if(projectIds !== undefined, (q) => q.where("item.project_id", "in", [...(projectIds ?? [])]))
    .groupBy(["item.q", "item.state", "item.lane", "lane.role"])
    .execute();
  const count = (keep: (row: (typeof grouped)[number]) => boolean) =>
    grouped.filter(keep).reduce((sum, row) => sum + Number(row.n), 0);
  const waiting = grouped.filter((row) => row.state === "open" && row.role !== "agent" && row.q === null);
  const due = await db
    .selectFrom("item")
    .select((eb) => eb.fn.min("wake_at").as("at"))
    .where("wake_at", "is not", null)
    .$if(projectIds !== undefined, (q) => q.where("project_id", "in", [...(projectIds ?? [])]))
    .executeTakeFirst();
  const gate = await db
    .selectFrom("candidate")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("state", "=", "pending")
    .$if(projectIds !== undefined, (q) => q.where("project_id", "in", [...(projectIds ?? [])]))
    .executeTakeFirstOrThrow();
  return {
    ready: count((row) => row.q === QUEUE.ready),
    timed: count((row) => row.q === QUEUE.timed),
    leased: count((row) => row.q === QUEUE.leased && row.state === "open"),
    held: count((row) => row.q === QUEUE.held),
    blocked: count(
      (row) => row.state === "blocked" || (row.state === "open" && row.role === "agent" && row.q === null),
    ),
    inReview: count((row) => row.state === "review"),
    waitingOnHumans: Object.fromEntries(
      Map.groupBy(waiting, (row) => row.lane)
        .entries()
        .map(([lane, rows]) => [lane, rows.reduce((sum, row) => sum + Number(row.n), 0)]),
    ),
    atGate: Number(gate.n),
    nextDueAt: due?.at === null || due?.at === undefined ? null : Number(due.at),
    paused: await pauses(db),
    overBudget: await projectsOverBudget(core, db, projectIds),
  };
}

export async function pauses(db: Database | Tx): Promise<readonly Pause[]> {
  const rows = await db.selectFrom("pause").selectAll().orderBy("at").execute();
  return rows.map((row) => ({
    scope: row.scope,
    name: row.name,
    by: actorName(row.actor),
    at: row.at,
    reason: row.reason,
  }));
}

type PauseRequest = Parameters<ClaimStore["pause"]>[0];

export async function pause(unit: Unit, { scope, name, reason }: PauseRequest): Promise<void> {
  const values = { scope, name, actor: formatActor(unit.by.actor), at: unit.now, reason: reason ?? null };
  const made = await unit.tx
    .insertInto("pause")
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .returning("name")
    .executeTakeFirst();
  if (made !== undefined) await recordWorkspaceEvent(unit, { scope, name, reason: reason ?? null });
}

export async function resume(
  unit: Unit,
  { scope, name }: Pick<PauseRequest, "scope" | "name">,
): Promise<void> {
  const gone = await unit.tx
    .deleteFrom("pause")
    .where("scope", "=", scope)
    .where("name", "=", name)
    .returning("name")
    .executeTakeFirst();
  if (gone !== undefined) await recordWorkspaceEvent(unit, { scope, name });
}
