import { sql } from "kysely";
import { queuePlace } from "#domain/schedule/queue-place.ts";
import { virtualDeadline } from "#domain/schedule/claim-order.ts";
import { laneNamed, type Lane } from "#domain/lane.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import { bareEntries } from "#store/history/archive.ts";
import { databaseNow, type Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import { spentUntil } from "#domain/schedule/budget.ts";
import { isOverBudget, projectSpending, readDayBudget, wrongSpending } from "#store/queue/spending.ts";
import { formatRef } from "#domain/ref.ts";
import { prefixOf } from "#store/item/refs.ts";

/** Items checked at a time, so that a large workspace does not fill the memory. */
const BATCH = 2_000;
/** Findings kept of one kind; a damaged workspace would print for ever. */
const MOST = 100;

/** Everything that can be known to be wrong by looking: the database, the lifecycle, derived columns, orphans. Reads only. */
export async function checkStore(core: Core, db: Database): Promise<readonly Finding[]> {
  const damage = await core.dialect.check(db);
  const findings: Finding[] = damage.map((problem) => ({ ...problem, check: "database" }));
  findings.push(...(await checkDerived(core, db)));
  findings.push(...(await checkHistory(core, db)));
  return findings;
}

/** Items against the lifecycle and against what follows from other columns. */
export async function checkDerived(core: Core, db: Database): Promise<readonly Finding[]> {
  return [...(await checkItems(core, db)), ...(await checkCounts(core, db))];
}

async function checkItems(core: Core, db: Database): Promise<readonly Finding[]> {
  const now = await databaseNow(db, core.dialect);
  const prefix = await prefixOf(db);
  const lanes = (await db.selectFrom("lane").selectAll().execute()).map(({ name, rank, role }): Lane => ({
    name,
    order: rank,
    role,
  }));
  const findings: Finding[] = [];
  for (let last = 0; findings.length < MOST;) {
    const rows = await db
      .selectFrom("item")
      .selectAll()
      .where("id", ">", last)
      .orderBy("id")
      .limit(BATCH)
      .execute();
    for (const row of rows) findings.push(...itemFindings(row, lanes, now, formatRef(prefix, row.id)));
    last = rows.at(-1)?.id ?? 0;
    if (rows.length < BATCH) break;
  }
  return findings.slice(0, MOST);
}

type Row = Parameters<typeof readItem>[0];

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
      : wrong(
          "derived.queue",
          `stands at ${row.q ?? "no"} place of the queue, ${place.q ?? "none"} is right`,
        ),
    item.deadline === virtualDeadline(item.readyAt, item.priority)
      ? undefined
      : wrong("derived.deadline", "its deadline does not follow from its priority"),
    (item.state === "done" || item.state === "dropped") === (item.closedAt !== null)
      ? undefined
      : wrong("lifecycle.closed", `is ${item.state} but its closing time says otherwise`),
    item.leaseId === null || item.leaseRunId !== null
      ? undefined
      : wrong("lease.run", "is leased without a run"),
  ].filter((finding) => finding !== undefined);
}

/** Counters that are columns, against what they count. */
async function checkCounts(core: Core, db: Database): Promise<readonly Finding[]> {
  const { table } = core.dialect;
  const prefix = await prefixOf(db);
  const blockers = await sql<{
    id: number;
  }>`select i.id from ${table("item")} i where i.state <> 'done' and i.open_blockers <> (
    select count(*) from ${table("link")} l left join ${table("item")} b on l.to_kind = 'item' and b.id = l.to_id
    where l.from_id = i.id and l.kind = 'blocked_by' and (l.to_kind = 'candidate' or b.state <> 'done')) limit ${MOST}`.execute(
    db,
  );
  const children = await sql<{ id: number }>`select i.id from ${table("item")} i where i.open_children <> (
    select count(*) from ${table("item")} c where c.parent_id = i.id and c.closed_at is null) limit ${MOST}`.execute(
    db,
  );
  const unqueued = await sql<{
    id: number;
  }>`select i.id from ${table("item")} i where i.q = 1 and not exists (
    select 1 from ${table("queue")} z where z.class = i.class and z.needs = i.needs and z.project_id = i.project_id) limit ${MOST}`.execute(
    db,
  );
  const orphans = await sql<{
    id: number;
  }>`select r.id from ${table("run")} r join ${table("item")} i on i.id = r.item_id
    where r.ended_at is null and (i.lease_run_id is null or i.lease_run_id <> r.id) and i.state not in ('review') limit ${MOST}`.execute(
    db,
  );
  const budgets = await wrongBudgets(core, db);
  const error = (check: string, ref: string, message: string): Finding => ({
    severity: "error",
    check,
    message: `${ref}: ${message}`,
    ref,
  });
  return [
    ...blockers.rows.map((row) =>
      error("derived.blockers", formatRef(prefix, row.id), "its count of open blockers is wrong"),
    ),
    ...children.rows.map((row) =>
      error("derived.children", formatRef(prefix, row.id), "its count of open parts is wrong"),
    ),
    ...budgets.items.map((id) =>
      error(
        "derived.budget",
        formatRef(prefix, id),
        "whether its budget is spent does not follow from its runs",
      ),
    ),
    ...budgets.projects.map((alias): Finding => ({
      severity: "error",
      check: "derived.spending",
      message: `What project ${alias} has spent does not follow from its runs`,
    })),
    ...unqueued.rows.map((row) =>
      error("derived.unqueued", formatRef(prefix, row.id), "is ready in a queue that no claim looks at"),
    ),
    ...orphans.rows.map((row) => error("orphan.run", `R-${row.id}`, "goes on without holding its item")),
  ];
}

async function wrongBudgets(core: Core, db: Database) {
  const bounded = await db
    .selectFrom("item")
    .selectAll()
    .where((eb) => eb.or([eb("budget", "is not", null), eb("over_budget", "=", 1)]))
    .execute();
  const items: number[] = [];
  for (const row of bounded) {
    const item = readItem(row);
    if ((await isOverBudget(db, item)) !== item.overBudget) items.push(item.id);
  }
  const now = await databaseNow(db, core.dialect);
  const workspaceDay = await readDayBudget(db);
  const wrong = new Set(await wrongSpending(core, db));
  const projects: string[] = [];
  for (const project of await db.selectFrom("project").selectAll().orderBy("id").execute()) {
    const spending = await projectSpending(db, project, workspaceDay, now);
    const right = spending === undefined ? null : spentUntil(spending, now);
    const kept = project.spent_until !== null && project.spent_until <= now ? null : project.spent_until;
    if (right !== kept || wrong.has(project.id)) projects.push(project.alias);
  }
  return { items: items.slice(0, MOST), projects: projects.slice(0, MOST) };
}

/** Each stream counts 1, 2, 3 … and its row knows the last number. */
async function checkHistory(core: Core, db: Database): Promise<readonly Finding[]> {
  const { table } = core.dialect;
  const prefix = await prefixOf(db);
  const gaps = await sql<{
    stream: string;
    id: number;
  }>`select stream, stream_id as id from ${table("event")} group by stream, stream_id having count(*) <> max(n) or min(n) <> 1 limit ${MOST}`.execute(
    db,
  );
  const behind = await sql<{
    id: number;
  }>`select i.id from ${table("item")} i where i.event_n <> (select coalesce(max(e.n), 0) from ${table("event")} e where e.stream = 'item' and e.stream_id = i.id) limit ${MOST}`.execute(
    db,
  );
  const bare = await bareEntries(core, db, MOST);
  return [
    ...gaps.rows.map((row): Finding => ({
      severity: "error",
      check: "history.gap",
      message: `The history of ${row.stream} ${row.id} has a gap`,
    })),
    ...behind.rows.map((row): Finding => ({
      severity: "error",
      check: "history.behind",
      message: `${formatRef(prefix, row.id)} and its history disagree`,
      ref: formatRef(prefix, row.id),
    })),
    ...bare.map((id): Finding => ({
      severity: "error",
      check: "history.payload",
      message: `Event ${id} has lost what changed`,
    })),
  ];
}
