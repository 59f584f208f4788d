import { sql } from "kysely";
import { isClosed, ITEM_STATES } from "#domain/item/lifecycle.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type {
  ClaimFilter,
  ClaimStore,
  FullProject,
  Pause,
  QueueSummary,
} from "#operations/ports/store/claim-store.ts";
import { peek } from "./queue-peek.ts";
import { queueEntries } from "./ready-queue.ts";
import { projectsOverBudget } from "./spent-budgets.ts";
import { type Core, type Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { recordWorkspaceEvent } from "#store/history/events.ts";
import { actorName } from "#store/item/item-row.ts";
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
  const grouped = await openItems(db, projectIds);
  const count = (keep: (row: OpenItems) => boolean) => total(grouped.filter(keep));
  const waiting = grouped.filter((row) => row.state === "open" && row.role !== "agent" && row.q === null);
  const atBound = fullProjects(grouped);
  const isFull = ({ alias }: OpenItems) => atBound.some((full) => full.alias === alias);
  const isLive = ({ archived_at: archivedAt }: OpenItems) => archivedAt === null;
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
    ready: count((row) => row.q === QUEUE.ready && isLive(row) && !isFull(row)),
    timed: count((row) => row.q === QUEUE.timed && isLive(row)),
    leased: count((row) => row.q === QUEUE.leased && row.state === "open"),
    held: count((row) => row.q === QUEUE.held),
    blocked: count(
      (row) => row.state === "blocked" || (row.state === "open" && row.role === "agent" && row.q === null),
    ),
    inReview: count((row) => row.state === "review"),
    waitingOnHumans: Object.fromEntries(
      Map.groupBy(waiting, (row) => row.lane)
        .entries()
        .map(([lane, rows]) => [lane, total(rows)]),
    ),
    atGate: Number(gate.n),
    nextDueAt: due?.at === null || due?.at === undefined ? null : Number(due.at),
    paused: await pauses(db),
    overBudget: await projectsOverBudget(core, db, projectIds),
    atBound,
    archived: count((row) => (row.q === QUEUE.ready || row.q === QUEUE.timed) && !isLive(row)),
  };
}

type OpenItems = Awaited<ReturnType<typeof openItems>>[number];

const total = (rows: readonly OpenItems[]): number => rows.reduce((sum, row) => sum + Number(row.n), 0);

/** How many items that are not closed stand where. */
function openItems(db: Database, projectIds: readonly number[] | undefined) {
  return db
    .selectFrom("item")
    .innerJoin("lane", "lane.name", "item.lane")
    .innerJoin("project", "project.id", "item.project_id")
    .select(["project.alias", "project.archived_at", "project.max_leases"])
    .select(["item.q", "item.state", "item.lane", "lane.role", (eb) => eb.fn.countAll<number>().as("n")])
    .where("item.state", "in", [...OPEN])
    .$if(projectIds !== undefined, (q) => q.where("item.project_id", "in", [...(projectIds ?? [])]))
    .groupBy(["project.id", "item.q", "item.state", "item.lane", "lane.role"])
    .execute();
}

function fullProjects(grouped: readonly OpenItems[]): readonly FullProject[] {
  return [...Map.groupBy(grouped, ({ alias }) => alias)].flatMap(([alias, rows]) => {
    const [{ max_leases: maxLeases, archived_at: archivedAt } = { max_leases: null, archived_at: null }] =
      rows;
    const waiting = total(rows.filter(({ q }) => q === QUEUE.ready));
    const leased = total(rows.filter(({ q }) => q === QUEUE.leased));
    const isFull = maxLeases !== null && archivedAt === null && waiting > 0 && leased >= maxLeases;
    return isFull ? [{ alias, maxLeases, waiting }] : [];
  });
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
    .onConflict((conflict) =>
      // The product's own says more than a person's, and keeps back more: it takes that one's place.
      unit.by.authority === "system"
        ? conflict.columns(["scope", "name"]).doUpdateSet(values)
        : conflict.doNothing(),
    )
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
