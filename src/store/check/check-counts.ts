import { sql } from "kysely";
import { formatRef } from "#domain/ref.ts";
import { spentUntil } from "#domain/schedule/budget.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import { databaseNow, type Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import { prefixOf } from "#store/item/refs.ts";
import { isOverBudget, projectSpending, readDayBudget, wrongSpending } from "#store/queue/spending.ts";
import { tallyErrors, totalErrors } from "#store/queue/tally.ts";
import { findInRanges, keyRanges, MOST, type KeyRange } from "./key-ranges.ts";

interface Id {
  readonly id: number;
}

/** Counters that are columns of an item, against what they count. */
export async function checkCounters(core: Core, db: Database): Promise<readonly Finding[]> {
  const { table } = core.dialect;
  const inRange = ({ from, to }: KeyRange) => sql`i.id between ${from} and ${to}`;
  const blockers = (range: KeyRange) =>
    sql<Id>`select i.id from ${table("item")} i where ${inRange(range)} and i.state <> 'done' and i.open_blockers <> (
      select count(*) from ${table("link")} l left join ${table("item")} b on l.to_kind = 'item' and b.id = l.to_id
        left join ${table("candidate")} c on l.to_kind = 'candidate' and c.id = l.to_id
      where l.from_id = i.id and l.kind = 'blocked_by' and (b.closed_at is null and c.decided_at is null))`.execute(
      db,
    );
  const children = (range: KeyRange) =>
    sql<Id>`select i.id from ${table("item")} i where ${inRange(range)} and i.open_children <> (
      select count(*) from ${table("item")} c where c.parent_id = i.id and c.closed_at is null)`.execute(db);
  const prefix = await prefixOf(db);
  const wrong = (check: string, what: string) => {
    return ({ id }: Id): Finding => {
      const ref = formatRef(prefix, id);
      return { severity: "error", check, message: `${ref}: ${what}`, ref };
    };
  };
  return await findInRanges(keyRanges(core, db, "item"), async (range) => [
    ...(await blockers(range)).rows.map(wrong("derived.blockers", "its count of open blockers is wrong")),
    ...(await children(range)).rows.map(wrong("derived.children", "its count of open parts is wrong")),
    ...(await wrongBudgets(db, range)).map(
      wrong("derived.budget", "whether its budget is spent does not follow from its runs"),
    ),
  ]);
}

async function wrongBudgets(db: Database, { from, to }: KeyRange): Promise<readonly Id[]> {
  const rows = await db
    .selectFrom("item")
    .selectAll()
    .where("id", ">=", from)
    .where("id", "<=", to)
    .where((eb) => eb.or([eb("budget", "is not", null), eb("over_budget", "=", 1)]))
    .execute();
  const wrong: Id[] = [];
  for (const row of rows) {
    const item = readItem(row);
    if ((await isOverBudget(db, item)) !== item.overBudget) wrong.push({ id: item.id });
  }
  return wrong;
}

/** What projects spent, against what their runs say. */
export async function checkBudgets(core: Core, db: Database): Promise<readonly Finding[]> {
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
  return projects.slice(0, MOST).map((alias): Finding => ({
    severity: "error",
    check: "derived.spending",
    message: `What project ${alias} has spent does not follow from its runs`,
  }));
}

/** The tally, against the rows that it counts. */
export async function checkTally(core: Core, db: Database): Promise<readonly Finding[]> {
  const { rows } = await sql<{ what: string; lane: string; state: string; n: number }>`
    select what, lane, state, n from (select what, lane, state, n from (${tallyErrors(core)}) w
      union all select what, lane, state, n from (${totalErrors(core)}) w) x order by what, lane, state limit ${MOST}`.execute(
    db,
  );
  return rows.map(({ what, lane, state, n }): Finding => {
    const of = [what, state, lane].filter((word) => word !== "").join(" ");
    const by = Math.abs(Number(n));
    return {
      severity: "error",
      check: "derived.tally",
      message: `The count of ${of} is ${by} too ${Number(n) > 0 ? "low" : "high"}`,
    };
  });
}
