import { CompiledQuery, type Selectable } from "kysely";
import { LEASE_COLUMNS } from "#domain/claim/lease-change.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Database, SqlNames, StoreDialect, Tx } from "#store/dialect.ts";
import { ITEM_COLUMNS } from "#store/item/item-row.ts";
import {
  ADD_SPENDING,
  type Columns,
  eventRow,
  type ItemWrite,
  spendingRow,
  Values,
} from "#store/item/item-write.ts";
import {
  CLAIM_ORDER,
  type Claimed,
  type ItemStatements,
  type ReadyClaim,
  type ReadyPick,
} from "#store/queue/ready.ts";
import type { ItemTable } from "#store/schema.ts";

type Row = Selectable<ItemTable>;

/** Each verb is one statement here, which commits by itself: no transaction stays open between round trips. */
export const postgresItems = (names: () => SqlNames, lock: StoreDialect["lock"]): ItemStatements => ({
  write: (db, write) => writeItem(db, names(), write),
  firstReady: async (db, pick) => {
    const [row] = await send<Row>(db, firstReadySql(names().t, pick, ""), pickValues(pick));
    return row;
  },
  claimReady: (db, claim) => claimReady(db, names(), lock, claim),
});

const mark = (n: number): string => `$${n}`;

const send = async <R extends object>(db: Database | Tx, text: string, values: readonly unknown[]) =>
  (await db.executeQuery<R>(CompiledQuery.raw(text, [...values]))).rows;

/** The item's row decides whether anything is written: all else is selected from it. */
async function writeItem(db: Database | Tx, { t, now }: SqlNames, write: ItemWrite): Promise<boolean> {
  const values = new Values(mark);
  const { itemId, eventN, leaseId, event, queue, spending } = write;
  const lease =
    leaseId === undefined ? "" : `and lease_id = ${values.add(leaseId)} and lease_expires_at > ${now}`;
  const columns = event === undefined ? write.columns : { ...write.columns, event_n: eventN + 1 };
  const parts = [
    `up as (update ${t("item")} set ${values.assign(columns)}
      where id = ${values.add(itemId)} and event_n = ${values.add(eventN)} ${lease} returning id)`,
  ];
  if (write.run !== undefined)
    parts.push(
      `r as (update ${t("run")} set ${values.assign(write.run)} from up where item_id = up.id and ended_at is null)`,
    );
  // Parts of a statement run in no order, and notes are read in the order of their numbers: each row waits for the one before.
  for (const [at, row] of write.rows.entries())
    parts.push(
      `x${at} as (${insertFrom(at === 0 ? "up" : `x${at - 1}`, t(row.table), row.columns, values)} returning id)`,
    );
  if (event !== undefined)
    parts.push(
      `e as (${insertFrom("up", t("event"), eventRow(itemId, eventN + 1, event), values)} returning id)`,
      `y as (insert into ${t("event_payload")} (event_id, changes) select id, ${values.add(event.changes)} from e)`,
    );
  if (spending !== undefined)
    parts.push(`s as (${insertFrom("up", t("spending"), spendingRow(spending), values)} ${ADD_SPENDING})`);
  if (queue !== undefined) {
    const entry = { class: queue.class, needs: queue.needs, project_id: queue.projectId };
    parts.push(`z as (${insertFrom("up", t("queue"), entry, values)} on conflict do nothing)`);
  }
  return (await send(db, `with ${parts.join(",\n")} select id from up`, values.list)).length === 1;
}

/** In a `select` a value has no column to take its type from. */
const typed = (value: Columns[string], values: Values): string =>
  value === null ? "null" : `${values.add(value)}::${typeof value === "number" ? "bigint" : "text"}`;

/**
 * Inserts a row for each row of a part of the statement.
 * @param expressions columns with what the database makes of them itself
 */
function insertFrom(
  part: string,
  table: string,
  columns: Columns,
  values: Values,
  expressions: Readonly<Record<string, string>> = {},
): string {
  const names = [...Object.keys(expressions), ...Object.keys(columns)];
  const selected = [
    ...Object.values(expressions),
    ...Object.values(columns).map((value) => typed(value, values)),
  ];
  return `insert into ${table} (${names.join(", ")}) select ${selected.join(", ")} from ${part}`;
}

/** @param locking ends the select of a queue's first item */
function firstReadySql(t: SqlNames["t"], { kinds }: ReadyPick, locking: string): string {
  const ofQueue = `select * from ${t("item")} where q = ${QUEUE.ready} and class = $4 and needs = substr(w.marked, 2) and project_id = p.id
      ${kinds === undefined ? "" : "and kind = any($5::text[])"} order by ${CLAIM_ORDER} limit 1 ${locking}`;
  return `select i.*, p.bound from unnest($1::bigint[], $2::text[], $3::bigint[]) with ordinality p(id, needs, bound, place)
    cross join lateral (select f.* from unnest(string_to_array(p.needs, chr(10))) w(marked) cross join lateral (${ofQueue}) f
      order by ${CLAIM_ORDER} limit 1) i
    where p.bound is null or p.bound > (select count(*) from ${t("item")} l where l.project_id = p.id and l.q = ${QUEUE.leased})
    limit 1`;
}

const pickValues = ({ queues, class: kindClass, kinds }: ReadyPick): readonly unknown[] => [
  queues.map(({ projectId }) => projectId),
  // Each behind a mark: an empty text alone would be a list without an entry.
  queues.map(({ needs }) => needs.map((set) => `=${set}`).join("\n")),
  queues.map(({ bound }) => bound),
  kindClass,
  ...(kinds === undefined ? [] : [[...kinds]]),
];

interface ClaimedRow extends Row {
  /** Of the item that was picked but not leased. */
  readonly waiting_project: number | null;
  readonly waiting_paths: number | null;
}

async function claimReady(
  db: Database | Tx,
  names: SqlNames,
  lock: StoreDialect["lock"],
  claim: ReadyClaim,
): Promise<Claimed | undefined> {
  const [first, ...others] = claim.queues;
  const isAlone = first?.bound !== null && others.length === 0;
  const found = isAlone ? { atBoundOf: first?.projectId } : await claimOnce(db, names, claim, "unbounded");
  if (found === undefined || !("atBoundOf" in found)) return found;
  const at = claim.queues.findIndex(({ projectId }) => projectId === found.atBoundOf);
  const queue = claim.queues[at];
  if (queue === undefined) return undefined;
  const within = async (tx: Tx) => {
    await lock(tx, `project:${queue.projectId}`);
    return claimOnce(tx, names, { ...claim, queues: [queue] }, "locked");
  };
  const bounded = await (db.isTransaction ? within(db as Tx) : db.transaction().execute(within));
  if (bounded !== undefined && !("atBoundOf" in bounded)) return bounded;
  const behind = claim.queues.slice(at + 1);
  return behind.length === 0 ? undefined : claimReady(db, names, lock, { ...claim, queues: behind });
}

/**
 * @param mode `locked` where this transaction holds the lock of the only project, so that no other claim can take the last place within
 *   its bound; `unbounded` leases of projects without one, and says which project it must be asked of under its lock
 */
async function claimOnce(
  db: Database | Tx,
  names: SqlNames,
  claim: ReadyClaim,
  mode: "locked" | "unbounded",
): Promise<Claimed | { readonly atBoundOf: number } | undefined> {
  const values = new Values(mark, pickValues(claim));
  const [found] = await send<ClaimedRow>(db, claimSql(names, claim, mode, values), values.list);
  if (found === undefined) return undefined;
  const { waiting_project: project, waiting_paths: paths, ...leased } = found;
  if (project === null) return { leased };
  return paths === 1 ? { namesPaths: project } : { atBoundOf: project };
}

type LeaseField = keyof typeof LEASE_COLUMNS;
const isLeaseField = (name: string): name is LeaseField => name in LEASE_COLUMNS;
const LEASE_FIELDS = Object.keys(LEASE_COLUMNS).filter(isLeaseField);

/** Pick, run, item, entry and payload. The time is asked once, after the row is locked. */
function claimSql(
  { t, now }: SqlNames,
  claim: ReadyClaim,
  mode: "locked" | "unbounded",
  values: Values,
): string {
  const { event } = claim;
  const length = `${values.add(claim.ttlMs)}::bigint`;
  const leaseId = `${values.add(claim.leaseId)}::text`;
  const sources = {
    lease: leaseId,
    holder: `${values.add(event.actor)}::text`,
    run: "r.id",
    now: "r.now",
    length,
    end: `r.now + ${length}`,
    "one more": "i.fence + 1",
    nothing: "null",
  } as const satisfies Record<(typeof LEASE_COLUMNS)[LeaseField], string>;
  const set = LEASE_FIELDS.map((field) => `${ITEM_COLUMNS[field].name} = ${sources[LEASE_COLUMNS[field]]}`);
  const told = LEASE_FIELDS.map((field) => ITEM_COLUMNS[field])
    .filter(({ history }) => history !== "silent")
    .map(
      ({ name }) =>
        `'${name}', case when pick.${name} is distinct from up.${name} then json_build_array(pick.${name}, up.${name}) end`,
    );
  const ofPick = { item_id: "id", lease_id: leaseId, started_at: "now" };
  const ofItem = {
    stream: "'item'",
    stream_id: "up.id",
    n: "up.event_n",
    at: "up.updated_at",
    run_id: "up.lease_run_id",
    lease_id: "up.lease_id",
  };
  const { actor, auth, door, operation, idempotencyKey } = event;
  const head = { actor, auth, door, operation, idempotency_key: idempotencyKey };
  return `with pick as materialized (select f.*, ${now} as now from (${firstReadySql(t, claim, "for update skip locked")}) f),
    free as (select * from pick where has_paths = 0 ${mode === "locked" ? "" : "and bound is null"}),
    r as (${insertFrom("free", t("run"), claim.run, values, ofPick)} returning id, item_id, started_at as now),
    up as (update ${t("item")} i set q = ${QUEUE.leased}, wake_at = ${sources.end}, updated_at = r.now, event_n = i.event_n + 1, ${set.join(", ")}
      from r where i.id = r.item_id returning i.*),
    e as (${insertFrom("up", t("event"), head, values, ofItem)} returning id),
    y as (insert into ${t("event_payload")} (event_id, changes)
      select e.id, json_strip_nulls(json_build_object(${told.join(", ")}))::text from e, up, pick)
    select up.*, case when up.id is null then pick.project_id end as waiting_project, case when up.id is null then pick.has_paths end as waiting_paths
      from pick left join up on true`;
}
