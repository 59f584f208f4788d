import { type Selectable, sql } from "kysely";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import {
  MOST_AHEAD,
  type ClaimFilter,
  type ClaimStore,
  type FullProject,
  type Pause,
  type QueueSummary,
  type ReadySummary,
} from "#operations/ports/store/claim-store.ts";
import { firstOf } from "./next-ready.ts";
import { openQueues } from "./open-queues.ts";
import { projectsOverBudget } from "./spent-budgets.ts";
import { countOf, countPending, inProjects, readStanding, type Standing } from "./tally.ts";
import { type Core, type Unit } from "#store/core.ts";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";
import type { ItemTable } from "#store/schema.ts";
import { CLAIM_ORDER, isReady } from "./ready.ts";
import { CLAIM_FIELDS } from "#domain/schedule/claim-order.ts";
import { recordWorkspaceEvent } from "#store/history/events.ts";
import { actorName } from "#store/item/item-row.ts";
import { formatActor } from "#domain/actor.ts";

export async function countReady(core: Core, db: Database, filter: ClaimFilter): Promise<number> {
  const head = await openQueues(core.dialect, db, filter);
  const item = await firstOf(core, db, filter, head);
  if (item === undefined) return 0;
  const kinds =
    filter.kinds === undefined ? sql`` : sql`and ${sql.ref("kind")} in (${sql.join([...filter.kinds])})`;
  const { rows } = await sql<{ projectId: number; needs: string; n: number }>`
    select project_id as "projectId", needs, sum(n) as n from ${core.dialect.table("tallied")}
    where what = 'standing' and hour = 0 and q = ${sql.lit(QUEUE.ready)} and class = ${filter.class ?? "core"} ${kinds}
    group by project_id, needs`.execute(db);
  const open = new Set(
    head.queues.flatMap(({ projectId, needs }) => needs.map((set) => `${projectId} ${set}`)),
  );
  const ready = rows.filter(({ projectId, needs }) => open.has(`${projectId} ${needs}`));
  return Math.max(
    1,
    ready.reduce((sum, { n }) => sum + Number(n), 0),
  );
}

/** Ready items of the same project that come first, `MOST_AHEAD` where there are as many or more. */
export async function ahead(core: Core, db: Database, id: number): Promise<number> {
  const { rows } = core.dialect;
  const [own] = await rows<Place>(db, placeSql, [id]);
  if (own === undefined) return 0;
  const place = CLAIM_FIELDS.map((field) => own[field]);
  const [found] = await rows<{ ahead: number }>(db, aheadSql, [
    own.class,
    own.project_id,
    MOST_AHEAD,
    ...place,
  ]);
  return Number(found?.ahead ?? 0);
}

type Place = Pick<Selectable<ItemTable>, "class" | "project_id" | (typeof CLAIM_FIELDS)[number]>;

const placeSql = ({ t, p }: SqlNames): string =>
  `select class, project_id, ${CLAIM_ORDER} from ${t("item")} where id = ${p(1)}`;

/** The place is given as values: compared with another row's columns, SQLite would go over the project's whole queue. */
export const aheadSql = (names: SqlNames): string => {
  const { t, p } = names;
  const ready = isReady(names, "o", { class: "z.class", needs: "z.needs", project: "z.project_id" });
  return `select count(*) as ahead from (select 1 from ${t("queue")} z cross join ${t("item")} o where z.class = ${p(1)} and z.project_id = ${p(2)}
    and ${ready} and (${CLAIM_ORDER}) < (${CLAIM_FIELDS.map((_, at) => p(at + 4)).join(", ")}) limit ${p(3)}) x`;
};

export async function summary(
  core: Core,
  db: Database,
  projectIds: readonly number[] | undefined,
): Promise<QueueSummary> {
  const standing = await readStanding(core, db, projectIds);
  const count = (fits: (row: Standing) => boolean) => countOf(standing, fits);
  const waiting = standing.filter(({ state, role, q }) => state === "open" && role !== "agent" && q === 0);
  return {
    ...(await readySummary(core, db, projectIds, standing)),
    timed: count((row) => isInQueue(row, QUEUE.timed)),
    leased: count(({ q, state }) => q === QUEUE.leased && state === "open"),
    held: count(({ q }) => q === QUEUE.held),
    blocked: count(
      ({ state, role, q }) => state === "blocked" || (state === "open" && role === "agent" && q === 0),
    ),
    inReview: count(({ state }) => state === "review"),
    waitingOnHumans: Object.fromEntries(
      Map.groupBy(waiting, ({ lane }) => lane)
        .entries()
        .map(([lane, rows]) => [lane, countOf(rows, () => true)]),
    ),
    atGate: await countPending(core, db, projectIds),
    nextDueAt: await nextDue(core, db, projectIds),
    paused: await pauses(db),
  };
}

const isInQueue = ({ q, isArchived }: Standing, place: number): boolean => q === place && !isArchived;

export async function readySummary(
  core: Core,
  db: Database,
  projectIds: readonly number[] | undefined,
  standing: readonly Standing[],
): Promise<ReadySummary> {
  const count = (fits: (row: Standing) => boolean) => countOf(standing, fits);
  const atBound = await fullProjects(core, db, projectIds);
  return {
    ready: count((row) => isInQueue(row, QUEUE.ready)) - atBound.reduce((sum, full) => sum + full.waiting, 0),
    overBudget: await projectsOverBudget(core, db, projectIds),
    atBound,
    archived: count(({ q, isArchived }) => (q === QUEUE.ready || q === QUEUE.timed) && isArchived),
  };
}

/** When the next item of all or these projects must be looked at. */
async function nextDue(
  core: Core,
  db: Database,
  projectIds: readonly number[] | undefined,
): Promise<number | null> {
  const { table } = core.dialect;
  const first = (condition: string) =>
    sql`select min(i.wake_at) as at from ${table("item")} i where i.project_id = p.id and ${sql.raw(condition)}`;
  const each = (condition: string) =>
    sql`select (${first(condition)}) as at from ${table("project")} p where ${inProjects("p.id", projectIds)}`;
  const { rows } =
    projectIds === undefined
      ? await sql<Due>`select min(wake_at) as at from ${table("item")} where wake_at is not null`.execute(db)
      : await sql<Due>`select min(d.at) as at from (${each("i.q = 3")} union all ${each("i.wake_at is not null and i.lease_id is null")}) d`.execute(
          db,
        );
  const at = rows[0]?.at ?? null;
  return at === null ? null : Number(at);
}

interface Due {
  readonly at: number | null;
}

/** Projects that have something ready, and as many leases as they may. */
async function fullProjects(
  core: Core,
  db: Database,
  projectIds: readonly number[] | undefined,
): Promise<readonly FullProject[]> {
  const { table } = core.dialect;
  const { rows } = await sql<{ alias: string; maxLeases: number; q: number; n: number }>`
    select p.alias, p.max_leases as "maxLeases", t.q, sum(t.n) as n from ${table("project")} p join ${table("tallied")} t on t.project_id = p.id
    where p.max_leases is not null and p.archived_at is null and t.what = 'standing' and t.hour = 0 and t.q in (${QUEUE.ready}, ${QUEUE.leased})
      and ${inProjects("p.id", projectIds)}
    group by p.alias, p.max_leases, t.q`.execute(db);
  const counted = rows.map((row) => ({ ...row, n: Number(row.n) }));
  return [...Map.groupBy(counted, ({ alias }) => alias)].flatMap(([alias, own]) => {
    const maxLeases = own[0]?.maxLeases ?? 0;
    const waiting = countOf(own, ({ q }) => q === QUEUE.ready);
    const leased = countOf(own, ({ q }) => q === QUEUE.leased);
    return waiting > 0 && leased >= maxLeases ? [{ alias, maxLeases, waiting }] : [];
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
