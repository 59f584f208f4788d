import { sql } from "kysely";
import { MAX_AHEAD_MS } from "#domain/claim/lease-change.ts";
import type { Item } from "#domain/item/item.ts";
import { type Lane, laneNamed } from "#domain/lane.ts";
import { formatRef } from "#domain/ref.ts";
import { virtualDeadline } from "#domain/schedule/claim-order.ts";
import { queuePlace } from "#domain/schedule/queue-place.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import { databaseNow, type Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import { prefixOf } from "#store/item/refs.ts";
import { checkBudgets, checkCounters, checkTally } from "./check-counts.ts";
import { checkHistory } from "./check-history.ts";
import { findInRanges, keyRanges, MOST } from "./key-ranges.ts";

/** What is seen without a walk through the workspace: the database's own state, what goes on, queues that no claim looks at. Reads only. */
export async function checkQuick(core: Core, db: Database): Promise<readonly Finding[]> {
  return [
    ...(await core.dialect.check(db)).map((problem) => ({ ...problem, check: "database" })),
    ...(await checkItems(core, db, "live")),
    ...(await checkRuns(core, db)),
    ...(await checkQueues(core, db)),
  ];
}

/** Everything that can be known to be wrong by looking at what is there: each page, item, counter and entry once, some thousands at a time. */
export async function checkStore(core: Core, db: Database): Promise<readonly Finding[]> {
  return [
    ...core.dialect.checkPages().map((problem) => ({ ...problem, check: "database" })),
    ...(await core.dialect.check(db)).map((problem) => ({ ...problem, check: "database" })),
    ...(await checkDerived(core, db)),
    ...(await checkRuns(core, db)),
    ...(await checkHistory(core, db)),
  ];
}

/** Items against the lifecycle, and what is derived against what it follows from. */
export async function checkDerived(core: Core, db: Database): Promise<readonly Finding[]> {
  return [
    ...(await checkItems(core, db, "all")),
    ...(await checkCounters(core, db)),
    ...(await checkBudgets(core, db)),
    ...(await checkQueues(core, db)),
    ...(await checkTally(core, db)),
  ];
}

async function checkItems(core: Core, db: Database, which: "all" | "live"): Promise<readonly Finding[]> {
  const now = await databaseNow(db, core.dialect);
  const prefix = await prefixOf(db);
  const lanes = (await db.selectFrom("lane").selectAll().execute()).map(({ name, rank, role }): Lane => ({
    name,
    order: rank,
    role,
  }));
  const rows = db.selectFrom("item").selectAll();
  const findingsOf = (found: Awaited<ReturnType<typeof rows.execute>>) =>
    found.flatMap((row) => itemFindings(row, lanes, now, formatRef(prefix, row.id)));
  if (which === "live") return findingsOf(await rows.where("q", "=", sql.lit(3)).limit(MOST).execute());
  return await findInRanges(keyRanges(core, db, "item"), async ({ from, to }) =>
    findingsOf(await rows.where("id", ">=", from).where("id", "<=", to).execute()),
  );
}

/** Runs that go on without an item. */
async function checkRuns({ dialect: { table } }: Core, db: Database): Promise<readonly Finding[]> {
  const { rows } = await sql<{
    id: number;
  }>`select r.id from ${table("run")} r join ${table("item")} i on i.id = r.item_id
    where r.ended_at is null and (i.lease_run_id is null or i.lease_run_id <> r.id) and i.state not in ('review') limit ${MOST}`.execute(
    db,
  );
  return rows.map(({ id }): Finding => ({
    severity: "error",
    check: "orphan.run",
    message: `R-${id}: is still running without holding its item`,
    ref: `R-${id}`,
  }));
}

/** Ready items of a queue that no claim looks at: one of each queue. */
async function checkQueues({ dialect: { table } }: Core, db: Database): Promise<readonly Finding[]> {
  const prefix = await prefixOf(db);
  const { rows } = await sql<{ id: number | null }>`select (select i.id from ${table("item")} i
      where i.q = 1 and i.class = t.class and i.needs = t.needs and i.project_id = t.project_id limit 1) as id
    from (select class, needs, project_id from ${table("tallied")} where what = 'standing' and hour = 0 and q = 1
      group by class, needs, project_id having sum(n) > 0) t
    where not exists (select 1 from ${table("queue")} z where z.class = t.class and z.needs = t.needs and z.project_id = t.project_id) limit ${MOST}`.execute(
    db,
  );
  return rows.flatMap(({ id }): readonly Finding[] => {
    if (id === null) return [];
    const ref = formatRef(prefix, id);
    const message = `${ref}: is ready in a queue that no claim looks at`;
    return [{ severity: "error", check: "derived.unqueued", message, ref }];
  });
}

/** Whether its lease was given while the clock was ahead, so that it would last until the clock is there. */
export const isAhead = ({ leaseAcquiredAt }: Pick<Item, "leaseAcquiredAt">, now: number): boolean =>
  leaseAcquiredAt !== null && leaseAcquiredAt > now + MAX_AHEAD_MS;

type Row = Parameters<typeof readItem>[0];

/** What of an item's row cannot be: its place in the queue, its deadline, its life, its lease. */
function itemFindings(row: Row, lanes: readonly Lane[], now: number, ref: string): readonly Finding[] {
  const item = readItem(row);
  const wrong = (check: string, message: string): Finding => ({
    severity: "error",
    check,
    message: `${ref}: ${message}`,
    ref,
  });
  const place = queuePlace({ ...item, laneRole: laneNamed(lanes, item.lane).role }, now);
  const due = row.wake_at !== null && row.wake_at <= now; // a time has come that no claim has looked at yet
  return [
    place.q === row.q || due
      ? undefined
      : wrong("derived.queue", `has place ${row.q ?? "none"} in the queue, expected ${place.q ?? "none"}`),
    item.deadline === virtualDeadline(item.readyAt, item.priority)
      ? undefined
      : wrong("derived.deadline", "its deadline does not follow from its priority"),
    (item.state === "done" || item.state === "dropped") === (item.closedAt !== null)
      ? undefined
      : wrong("lifecycle.closed", `is ${item.state} but its closing time says otherwise`),
    item.leaseId === null || item.leaseRunId !== null
      ? undefined
      : wrong("lease.run", "is leased without a run"),
    item.leaseId !== null && isAhead(item, now)
      ? wrong("derived.lease", "was leased at a time in the future: the clock was ahead")
      : undefined,
  ].filter((finding) => finding !== undefined);
}
