import { sql } from "kysely";
import { nextMidnight, spentIn, usedUp, type Budget, type Spent } from "#domain/schedule/budget.ts";
import type { SpentBudget } from "#operations/ports/store/claim-store.ts";
import { databaseNow, type Core } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import { inProjects } from "./tally.ts";
import { projectSpending, readDayBudget, spentOnItem } from "./spending.ts";

/** Every budget that keeps an item back, the narrowest first. */
export async function spentBudgets(
  core: Core,
  db: Database | Tx,
  itemId: number,
): Promise<readonly SpentBudget[]> {
  const row = await db.selectFrom("item").selectAll().where("id", "=", itemId).executeTakeFirst();
  if (row === undefined) return [];
  const { budget, projectId } = readItem(row);
  const own = budget === null ? [] : spentOf("item", budget, await spentOnItem(db, itemId), null);
  const project = await db
    .selectFrom("project")
    .select(["id", "policy"])
    .where("id", "=", projectId)
    .executeTakeFirstOrThrow();
  const now = await databaseNow(db, core.dialect);
  const spending = await projectSpending(db, project, await readDayBudget(db), now);
  if (spending === undefined) return own;
  const midnight = nextMidnight(now);
  return [
    ...own,
    ...spentOf("project", spending.total, spending.spentInAll, null),
    ...spentOf("project_day", spending.day, spending.spentToday, midnight),
    ...spentOf("workspace_day", spending.workspaceDay, spending.workspaceToday, midnight),
  ];
}

function spentOf(
  scope: SpentBudget["scope"],
  budget: Budget,
  spent: Spent,
  untilMs: number | null,
): readonly SpentBudget[] {
  return usedUp(budget, spent).map((unit) => ({
    scope,
    unit,
    limit: budget[unit] ?? 0,
    spent: spentIn(spent, unit),
    untilMs,
  }));
}

/** Aliases of the projects that a budget keeps back, of all or these. */
export async function projectsOverBudget(
  core: Core,
  db: Database | Tx,
  projectIds: readonly number[] | undefined,
): Promise<readonly string[]> {
  const { table, now } = core.dialect;
  const { rows } = await sql<{ alias: string }>`select p.alias from ${table("project")} p
    where p.spent_until > ${now} and p.archived_at is null and ${inProjects("p.id", projectIds)} order by p.alias`.execute(
    db,
  );
  return rows.map(({ alias }) => alias);
}
