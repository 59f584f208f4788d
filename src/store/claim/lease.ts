import type { Caller } from "#domain/caller.ts";
import type { PlanFacts } from "#domain/claim/plan.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Item, ItemChange } from "#domain/item/item.ts";
import { formatRef } from "#domain/ref.ts";
import { attendedMs } from "#domain/schedule/held-time.ts";
import type { Selectable } from "kysely";
import type { LandingRule, ProjectPolicy } from "#operations/ports/store/project-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";
import { type Attended, concernsOthers, saveItem } from "#store/item/save-item.ts";
import { readItem } from "#store/item/item-row.ts";
import { itemWrite, lockByLease, type SaveOptions, untilUnmoved } from "#store/item/item-save.ts";
import { refOf } from "#store/item/refs.ts";
import { readPolicy } from "#store/project/project-row.ts";
import { freesOthers } from "./held-paths.ts";
import { hasLimits } from "#store/queue/spending.ts";
import { lanesText, readLanes } from "#store/lane-rows.ts";
import { DEFAULT_PREFIX } from "#store/setting-rows.ts";
import type { ItemTable, ProjectTable } from "#store/schema.ts";

/**
 * Whether the caller holds this item. A caller inside a run must hold it: a process that woke after its lease ended may write nothing,
 * not even a remark (`lease_lost`). A caller without a lease does not hold it and may remark.
 */
export async function requireOwnLease(unit: Looking, item: Item): Promise<boolean> {
  const { lease } = unit.by;
  if (lease === undefined) return false;
  if (item.leaseId === lease && isLive(unit, item)) return true;
  const run = await unit.tx
    .selectFrom("run")
    .select("item_id")
    .where("lease_id", "=", lease)
    .executeTakeFirst();
  const own = item.leaseId === lease ? { ...item, holder: null } : item;
  throw lost(await refOf(unit.tx, item.id), own, run?.item_id === item.id ? "You no longer hold" : undefined);
}

/** A caller inside a run may write only while its lease lives, also where it names no item. */
export async function requireLiveRun(unit: Unit): Promise<void> {
  if (unit.by.lease !== undefined) await lockLeased(unit, unit.by.lease);
}

type Looking = Pick<Unit, "by" | "now"> & { readonly tx: Database | Tx };

const isLive = (unit: Pick<Unit, "now">, item: Item): boolean =>
  item.leaseExpiresAt !== null && item.leaseExpiresAt > unit.now;

/** The item a live lease belongs to, locked. Refuses with `lease_lost`, saying who holds the item now. */
export async function lockLeased(unit: Unit, leaseId: string): Promise<Item> {
  const item = await lockByLease(unit, leaseId);
  if (item !== undefined && isLive(unit, item)) return item;
  throw await leaseLost(unit.tx, leaseId);
}

/** The refusal of a lease that is not live: says what became of it where that is known. */
export async function leaseLost(db: Database | Tx, leaseId: string): Promise<SluiceError> {
  const run = await db
    .selectFrom("run")
    .innerJoin("item", "item.id", "run.item_id")
    .select(["item.id", "item.holder", "item.lease_expires_at", "item.lease_id"])
    .where("run.lease_id", "=", leaseId)
    .executeTakeFirst();
  if (run === undefined)
    return new SluiceError("lease_lost", "There is no such lease", {
      hint: "Claim an item first: sluice claim",
      details: {},
    });
  const holder = run.lease_id === leaseId ? null : run.holder;
  return lost(
    await refOf(db, run.id),
    { holder, leaseExpiresAt: run.lease_expires_at },
    "You no longer hold",
  );
}

function lost(
  ref: string,
  item: { readonly holder: string | null; readonly leaseExpiresAt: number | null },
  what = "You do not hold",
): SluiceError {
  const now = item.holder === null ? "nobody holds the item now" : `${item.holder} holds it now`;
  return new SluiceError("lease_lost", `${what} ${ref}; ${now}`, {
    hint: "Stop working on it: nothing more can be written under this lease. Claim again with: sluice claim",
    details: {
      ref,
      ...(item.holder === null ? {} : { holder: item.holder }),
      ...(item.leaseExpiresAt === null ? {} : { expires_at: new Date(item.leaseExpiresAt).toISOString() }),
    },
  });
}

/** What is known of an item by its live lease: all that its holder's verbs rest on. */
export interface LeaseFacts extends PlanFacts {
  readonly runId: number;
  /** The worker whose run it is; null where a person's own program works. */
  readonly workerId: string | null;
  /** The time it took is known already, milliseconds; null where it is not. */
  readonly workedMs: number | null;
  readonly landing: LandingRule;
  readonly policy: ProjectPolicy;
  /** Its end lets others go on, which paths held. */
  readonly freesOthers: boolean;
  /** Something bounds what may be spent on the item. */
  readonly isLimited: boolean;
}

interface FactsRow extends Selectable<ItemTable> {
  readonly fact_now: number;
  readonly fact_lanes: string | null;
  readonly fact_prefix: string | null;
  readonly fact_worker_id: string | null;
  readonly fact_worked_ms: number | null;
  readonly fact_landing: ProjectTable["landing"];
  readonly fact_policy: string;
  readonly fact_day_budgets: number;
  readonly fact_frees: number;
}

/** Undefined for a lease that is not live. In a transaction the item is then locked. */
async function leaseFacts(
  { dialect, random }: Core,
  db: Database | Tx,
  leaseId: string,
): Promise<LeaseFacts | undefined> {
  const [row] = await dialect.rows<FactsRow>(db, db.isTransaction ? lockedFactsSql : factsSql, [leaseId]);
  if (row === undefined || row.lease_run_id === null) return undefined;
  const item = readItem(row);
  return {
    item,
    ref: formatRef(row.fact_prefix ?? DEFAULT_PREFIX, item.id),
    now: row.fact_now,
    lanes: readLanes(row.fact_lanes),
    random,
    runId: row.lease_run_id,
    workerId: row.fact_worker_id,
    workedMs: row.fact_worked_ms,
    landing: row.fact_landing,
    policy: readPolicy(row.fact_policy),
    freesOthers: row.fact_frees > 0,
    isLimited: Number(row.fact_day_budgets) > 0 || hasLimits(item, row.fact_policy, {}),
  };
}

/** Each fact is found by its key. Value: the lease's id. */
function factsSql(names: SqlNames): string {
  const { t, now, p } = names;
  const project = (column: string) => `(select ${column} from ${t("project")} where id = i.project_id)`;
  const run = (column: string) => `(select ${column} from ${t("run")} where id = i.lease_run_id)`;
  return `select i.*, ${now} as fact_now, ${lanesText(names)} as fact_lanes,
      (select value from ${t("setting")} where key = 'prefix') as fact_prefix,
      ${run("worker_id")} as fact_worker_id, ${run("worked_ms")} as fact_worked_ms,
      ${project("landing")} as fact_landing, ${project("policy")} as fact_policy,
      (select count(*) from ${t("setting")} where key in ('day_tokens', 'day_usd', 'day_minutes')) as fact_day_budgets,
      case when i.has_paths = 1 then ${freesOthers(names)} else 0 end as fact_frees
    from ${t("item")} i where i.lease_id = ${p(1)} and i.lease_expires_at > ${now}`;
}

const lockedFactsSql = (names: SqlNames): string => `${factsSql(names)} ${names.forUpdate("i")}`;

/** What a verb of the holder changes. */
export type HolderPlan = SaveOptions & { readonly change: ItemChange };

export interface HolderVerb {
  readonly by: Caller;
  /** Name kept on its events. */
  readonly operation: string;
  readonly leaseId: string;
  /** From what is known to what changes; refuses what the rules forbid. Asked again where the item has moved meanwhile. */
  readonly plan: (facts: LeaseFacts, db: Database | Tx) => HolderPlan | Promise<HolderPlan>;
  /** What else is written in the same transaction, for other items. */
  readonly rest?: ((unit: Unit, facts: LeaseFacts) => Promise<void>) | undefined;
}

export interface Held {
  /** The item as it then is. */
  readonly item: Item;
  readonly runId: number;
}

/**
 * One verb of the holder of a lease: looks, lets the domain plan, and writes it in one step that is refused unless the lease is still
 * live. What concerns other items too is written in one transaction under the item's lock. Undefined where the lease is not live.
 */
export async function underLease(core: Core, verb: HolderVerb): Promise<Held | undefined> {
  const written = await untilUnmoved(core, (db) => inOneStep(core, db, verb));
  if (written !== "more") return written;
  return core.write(verb.by, verb.operation, async (unit) => {
    const facts = await leaseFacts(core, unit.tx, verb.leaseId);
    return facts === undefined ? undefined : inTransaction(unit, verb, { ...facts, now: unit.now });
  });
}

async function inOneStep(
  core: Core,
  db: Database | Tx,
  verb: HolderVerb,
): Promise<Held | "more" | "moved" | undefined> {
  const facts = await leaseFacts(core, db, verb.leaseId);
  if (facts === undefined) return undefined;
  const { by, operation, leaseId } = verb;
  const { item, now, lanes, runId } = facts;
  const { change, ...options } = await verb.plan(facts, db);
  const { workedMs, isLimited } = attended(facts, change);
  const writing = { core, by, operation, now, lanes };
  const { after, write } = itemWrite(writing, item, change, { ...options, workedMs });
  const isMore =
    verb.rest !== undefined ||
    concernsOthers(item, after, facts.freesOthers) ||
    (workedMs !== undefined && isLimited);
  if (isMore) return db.isTransaction ? inTransaction({ ...writing, tx: db as Tx }, verb, facts) : "more";
  const written = await core.dialect.items.write(db, { ...write, leaseId });
  return written === undefined ? "moved" : { item: after, runId };
}

function attended(
  { item, now, workerId, workedMs, isLimited }: LeaseFacts,
  { leaseId = item.leaseId }: Partial<Item>,
): Attended {
  const isMeasured = workerId !== null || workedMs !== null;
  const ends = leaseId !== item.leaseId;
  return { workedMs: ends && !isMeasured ? attendedMs(item, now) : undefined, isLimited };
}

/** @param facts under the item's lock */
async function inTransaction(unit: Unit, { plan, rest }: HolderVerb, facts: LeaseFacts): Promise<Held> {
  const { change, ...options } = await plan(facts, unit.tx);
  const item = await saveItem(unit, facts.item, change, options, attended(facts, change));
  await rest?.(unit, facts);
  return { item, runId: facts.runId };
}
