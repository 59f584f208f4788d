import { sql } from "kysely";
import {
  NOTHING_SPENT,
  usedUp,
  utcDay,
  spentUntil,
  type Budget,
  type ProjectSpending,
  type Spent,
} from "#domain/schedule/budget.ts";
import type { Item } from "#domain/item/item.ts";
import type { Settings } from "#operations/ports/store/project-store.ts";
import type { Usage } from "#operations/ports/store/run-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { lockItem, replaceItem } from "#store/item/item-save.ts";
import { readPolicy } from "#store/project/project-row.ts";
import { toSettings } from "#store/setting-rows.ts";

/** What a run is known to have spent; what is absent is not known, or as it was. */
interface RunSpending {
  readonly usage?: Usage | undefined;
  readonly costUsd?: number | undefined;
  readonly workedMs?: number | undefined;
}

/** What counts against a budget. An agent reads its whole context again at each turn: that alone would be most of any count. */
const countedTokens = ({ inputTokens, outputTokens, cacheWriteTokens }: Usage): number =>
  inputTokens + outputTokens + cacheWriteTokens;

/**
 * Writes what a run spent, and what follows for its item, its project and all others. Said again, it counts once. Answers whether the
 * item has spent its budget; undefined where nothing was said of a run.
 */
export async function spend(
  unit: Unit,
  runId: number,
  { usage, costUsd, workedMs }: RunSpending,
): Promise<boolean | undefined> {
  if (usage === undefined && costUsd === undefined && workedMs === undefined) return undefined;
  const item = await lockItemOf(unit, runId);
  await lockBudgets(unit);
  const before = await unit.tx
    .selectFrom("run")
    .select(["tokens", "cost_usd", "worked_ms", "spent_day"])
    .where("id", "=", runId)
    .executeTakeFirst();
  if (item === undefined || before === undefined) return undefined;
  const day = before.spent_day ?? utcDay(unit.now);
  const after = {
    tokens: usage === undefined ? before.tokens : countedTokens(usage),
    cost_usd: costUsd ?? before.cost_usd,
    worked_ms: workedMs ?? before.worked_ms,
  };
  await unit.tx
    .updateTable("run")
    .set({ ...after, spent_day: day, ...(usage === undefined ? {} : { usage: JSON.stringify(usage) }) })
    .where("id", "=", runId)
    .execute();
  await addTo(unit, item.projectId, day, {
    tokens: (after.tokens ?? 0) - (before.tokens ?? 0),
    usd: (after.cost_usd ?? 0) - (before.cost_usd ?? 0),
    ms: (after.worked_ms ?? 0) - (before.worked_ms ?? 0),
  });
  return (await settleItemBudgets(unit, item)).overBudget;
}

/** What follows from spending on an item: for itself, its project and all others. Under the lock of the budgets. */
export async function settleItemBudgets(unit: Unit, item: Item): Promise<Item> {
  const overBudget = await isOverBudget(unit.tx, item);
  const after = overBudget === item.overBudget ? item : await replaceItem(unit, item, { overBudget });
  await settleBudgets(unit, item.projectId);
  return after;
}

/** Whether anything bounds what may be spent on an item. */
export async function isLimited(unit: Unit, item: Item): Promise<boolean> {
  const { policy } = await unit.tx
    .selectFrom("project")
    .select("policy")
    .where("id", "=", item.projectId)
    .executeTakeFirstOrThrow();
  return hasLimits(item, policy, await readDayBudget(unit.tx));
}

/** @param policy the project's, as it is kept */
export function hasLimits({ budget }: Pick<Item, "budget">, policy: string, workspaceDay: Budget): boolean {
  const { budget: total = {}, dayBudget: day = {} } = readPolicy(policy);
  return [budget ?? {}, total, day, workspaceDay].some((limits) => Object.keys(limits).length > 0);
}

/** The item before the budgets: whatever ends a run holds its item already. */
async function lockItemOf(unit: Unit, runId: number): Promise<Item | undefined> {
  const run = await unit.tx.selectFrom("run").select("item_id").where("id", "=", runId).executeTakeFirst();
  return run === undefined ? undefined : lockItem(unit, run.item_id);
}

/** Sums and limits of budgets change one at a time: two runs that end at once must not each miss the other's part. */
export const lockBudgets = (unit: Unit): Promise<void> => unit.core.dialect.lock(unit.tx, "budgets");

async function addTo(unit: Unit, projectId: number, day: number, { tokens, usd, ms }: Spent): Promise<void> {
  await unit.tx
    .insertInto("spending")
    .values({ project_id: projectId, day, tokens, usd, ms })
    .onConflict((conflict) =>
      conflict.columns(["project_id", "day"]).doUpdateSet((eb) => ({
        tokens: eb("spending.tokens", "+", tokens),
        usd: eb("spending.usd", "+", usd),
        ms: eb("spending.ms", "+", ms),
      })),
    )
    .execute();
}

/** Whether an item's runs have spent its budget. */
export async function isOverBudget(
  db: Database | Tx,
  { id, budget }: { readonly id: number; readonly budget: Budget | null },
): Promise<boolean> {
  return budget !== null && usedUp(budget, await spentOnItem(db, id)).length > 0;
}

export async function spentOnItem(db: Database | Tx, itemId: number): Promise<Spent> {
  const row = await db
    .selectFrom("run")
    .select((eb) => [
      eb.fn.sum<number | null>("tokens").as("tokens"),
      eb.fn.sum<number | null>("cost_usd").as("usd"),
      eb.fn.sum<number | null>("worked_ms").as("ms"),
    ])
    .where("item_id", "=", itemId)
    .executeTakeFirst();
  return sums(row);
}

const sums = (row: Partial<Record<keyof Spent, number | null>> | undefined): Spent => ({
  tokens: Number(row?.tokens ?? 0),
  usd: Number(row?.usd ?? 0),
  ms: Number(row?.ms ?? 0),
});

/**
 * Until when projects are kept back, after something was spent or a limit has changed. The workspace's budget keeps back all of them.
 * @param projectId the only one that can have changed, where the workspace has no budget
 */
export async function settleBudgets(unit: Unit, projectId?: number): Promise<void> {
  const settings = await readDayBudget(unit.tx);
  const all = projectId === undefined || Object.keys(settings).length > 0;
  const projects = await unit.tx
    .selectFrom("project")
    .select(["id", "policy", "spent_until"])
    .$if(!all, (query) => query.where("id", "=", projectId ?? 0))
    .orderBy("id")
    .execute();
  for (const project of projects) {
    const spending = await projectSpending(unit.tx, project, settings, unit.now);
    const until = spending === undefined ? null : spentUntil(spending, unit.now);
    if (until !== project.spent_until)
      await unit.tx.updateTable("project").set({ spent_until: until }).where("id", "=", project.id).execute();
  }
}

interface ProjectPolicyRow {
  readonly id: number;
  readonly policy: string;
}

/** Undefined where nothing bounds the project's spending. */
export async function projectSpending(
  db: Database | Tx,
  { id, policy }: ProjectPolicyRow,
  workspaceDay: Budget,
  now: number,
): Promise<ProjectSpending | undefined> {
  const { budget: total = {}, dayBudget: day = {} } = readPolicy(policy);
  const bounded = (limits: Budget) => Object.keys(limits).length > 0;
  if (![total, day, workspaceDay].some(bounded)) return undefined;
  const today = utcDay(now);
  return {
    total,
    day,
    workspaceDay,
    spentInAll: bounded(total) ? await spentBy(db, { projectId: id }) : NOTHING_SPENT,
    spentToday: bounded(day) ? await spentBy(db, { projectId: id, day: today }) : NOTHING_SPENT,
    workspaceToday: bounded(workspaceDay) ? await spentBy(db, { day: today }) : NOTHING_SPENT,
  };
}

async function spentBy(
  db: Database | Tx,
  { projectId, day }: { readonly projectId?: number; readonly day?: number },
): Promise<Spent> {
  const row = await db
    .selectFrom("spending")
    .select((eb) => [
      eb.fn.sum<number | null>("tokens").as("tokens"),
      eb.fn.sum<number | null>("usd").as("usd"),
      eb.fn.sum<number | null>("ms").as("ms"),
    ])
    .$if(projectId !== undefined, (query) => query.where("project_id", "=", projectId ?? 0))
    .$if(day !== undefined, (query) => query.where("day", "=", day ?? 0))
    .executeTakeFirst();
  return sums(row);
}

/** The workspace's budget of a day. */
export async function readDayBudget(db: Database | Tx): Promise<Budget> {
  return dayBudgetOf(toSettings(await db.selectFrom("setting").selectAll().execute()));
}

function dayBudgetOf({ day_tokens: tokens, day_usd: usd, day_minutes: minutes }: Settings): Budget {
  const given = Object.entries({ tokens, usd, minutes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([unit, value]) => [unit, Number(value)]));
}

/** What the runs say that each project spent each day, written anew. */
export async function sumSpendingAgain(unit: Unit): Promise<void> {
  await lockBudgets(unit);
  const { table } = unit.core.dialect;
  await unit.tx.deleteFrom("spending").execute();
  await sql`insert into ${table("spending")} (project_id, day, tokens, usd, ms) ${spendingOfRuns(unit.core)}`.execute(
    unit.tx,
  );
  await settleBudgets(unit);
}

/** Projects whose spending is not what their runs say. */
export async function wrongSpending(core: Core, db: Database | Tx): Promise<readonly number[]> {
  const { table } = core.dialect;
  const { rows } = await sql<{ id: number }>`select distinct project_id as id from (
      select project_id, day, tokens, usd, ms from (${spendingOfRuns(core)}) a
      union all select project_id, day, -tokens, -usd, -ms from ${table("spending")}) d
    group by project_id, day having sum(tokens) <> 0 or abs(sum(usd)) > 0.000001 or sum(ms) <> 0`.execute(db);
  return rows.map(({ id }) => Number(id));
}

const spendingOfRuns = ({ dialect: { table } }: Core) =>
  sql`select i.project_id, r.spent_day as day, coalesce(sum(r.tokens), 0) as tokens, coalesce(sum(r.cost_usd), 0) as usd, coalesce(sum(r.worked_ms), 0) as ms
    from ${table("run")} r join ${table("item")} i on i.id = r.item_id where r.spent_day is not null group by i.project_id, r.spent_day`;
